// SPDX-License-Identifier: Apache-2.0
#include "run/activity_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace candor::run {
namespace {

using testing::ElementsAre;

Json process(int pid, const char* program = "/bin/cp") {
  return {{"pid", pid},         {"start_ns", pid * 10}, {"user", 1000},         {"name", "cp"},
          {"program", program}, {"parent", 1},          {"parent_start_ns", 10}};
}

model::Event event(const std::string& type, Json data, std::int64_t host_ns = 0) {
  model::Event made;
  made.probe = "files";
  made.type = type;
  made.mono_ns = 7;
  if (host_ns != 0) {
    data["host_ns"] = host_ns;
    data["error_ns"] = 40;
  }
  made.data = std::move(data);
  return made;
}

Json file(Json who, const char* path) {
  return {{"process", std::move(who)}, {"path", path}, {"inode", 5}, {"device", 6}, {"generation", 7}};
}

TEST(Activity, IsReadWithTheHostsTimeAndInItsOrder) {
  ActivityReader reader;
  reader.take(event("file.read/1", file(process(30), "/b"), 2000));
  reader.take(event("file.open/1", file(process(30), "/a"), 1000));
  reader.take(event("file.delete/1", file(process(30), "/c")));
  const model::Activity activity = reader.finish();
  ASSERT_EQ(activity.files.size(), 3U);
  EXPECT_EQ(activity.files[0].path, "/c") << "without the host's time, by the probe's own";
  EXPECT_EQ(activity.files[1].act, model::FileAct::open);
  EXPECT_EQ(activity.files[2].at_ns, 2000);
  EXPECT_EQ(activity.files[2].error_ns, 40);
  EXPECT_EQ(activity.files[2].file, (model::FileKey{6, 5, 7}));
  EXPECT_EQ(activity.files[2].process, (model::ProcessKey{30, 300}));
}

TEST(Activity, KnowsWhatAProcessWasRunningWhenAndWhoMadeIt) {
  ActivityReader reader;
  reader.take(event("process.fork/1",
                    {{"process", process(20, "/bin/sh")}, {"child", 30}, {"child_start_ns", 300}}, 1000));
  reader.take(event("process.exec/1",
                    {{"process", process(30, "/bin/curl")}, {"arguments", {"curl", "-T", "x"}}}, 3000));
  reader.take(event("file.read/1", file(process(30, "/bin/sh"), "/b"), 2000));
  const model::Activity activity = reader.finish();
  const model::Process& child = activity.processes.at({30, 300});
  EXPECT_EQ(child.started_ns, 1000);
  EXPECT_EQ(child.parent, (model::ProcessKey{1, 10})) << "as it said last itself";
  ASSERT_FALSE(child.runs.empty());
  EXPECT_EQ(child.runs.back().program, "/bin/curl");
  EXPECT_THAT(child.runs.back().arguments, ElementsAre("curl", "-T", "x"));
}

TEST(Activity, TellsTransportsAndEnds) {
  ActivityReader reader;
  const Json ends = {{"process", process(30)},
                     {"family", 2},
                     {"protocol", 6},
                     {"local", {{"address", "10.0.0.2"}, {"port", 40000}}},
                     {"remote", {{"address", "198.18.0.1"}, {"port", 443}}}};
  reader.take(event("socket.connect/1", ends, 1000));
  Json bare = {{"process", process(30)}, {"family", 17}, {"protocol", 0}};
  reader.take(event("socket.send/1", bare, 2000));
  const model::Activity activity = reader.finish();
  ASSERT_EQ(activity.sockets.size(), 2U);
  EXPECT_EQ(activity.sockets[0].transport, "tcp");
  EXPECT_EQ(activity.sockets[0].remote.text(), "198.18.0.1:443");
  EXPECT_EQ(activity.sockets[1].transport, "");
}

TEST(Activity, LeavesOutWhatIsNotAsItShouldBe) {
  ActivityReader reader;
  reader.take(event("file.read/1", {{"process", "me"}}));
  reader.take(event("file.read/1", Json::array()));
  reader.take(event("file.read/1", file({{"pid", "x"}}, "/a")));
  reader.take(event("file.read/2", file(process(1), "/a")));
  reader.take(
      event("socket.connect/1",
            {{"process", process(2)}, {"protocol", 6}, {"local", {{"address", "a"}, {"port", 70000}}}}));
  reader.take(event("tls.plaintext/1", {{"process", process(3)}}));
  const model::Activity activity = reader.finish();
  EXPECT_TRUE(activity.files.empty());
  EXPECT_TRUE(activity.sockets.empty());
}

TEST(Activity, NamesTheProcessOfAnyEventThatHasOne) {
  EXPECT_EQ(process_of({{"process", process(9)}}), (model::ProcessKey{9, 90}));
  EXPECT_EQ(process_of({{"process", {{"pid", 9}}}}), std::nullopt);
  EXPECT_EQ(process_of(Json::array()), std::nullopt);
  EXPECT_EQ(process_of(nullptr), std::nullopt);
}

}  // namespace
}  // namespace candor::run
