// SPDX-License-Identifier: Apache-2.0
#include "internet/stream_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <memory>

#include "base/error.h"
#include "internet/stream_record.h"
#include "rig.h"

namespace candor::internet {
namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

class StreamStore : public testing::Test {
 protected:
  TempDir folder_{std::filesystem::temp_directory_path(), "candor-stream-store-"};
};

/// Files of this process stay below a size while this lives, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(StreamStore, IsReadableUnderAPartNameWhileItIsWrittenAndUnderItsHashAfterwards) {
  StreamFile file(folder_.path(), 1);
  file.append(as_bytes("top "));
  ASSERT_EQ(files_in(folder_.path()).size(), 1U);
  const auto part = files_in(folder_.path())[0];
  EXPECT_TRUE(part.filename().string().starts_with(".part-"));
  EXPECT_EQ(read_text(part), "top ");
  file.append(as_bytes("secret"));
  const std::string name = file.finish();
  EXPECT_EQ(name, sha256_hex(as_bytes("top secret")));
  ASSERT_EQ(files_in(folder_.path()).size(), 1U);
  EXPECT_EQ(read_text(folder_.path() / name), "top secret");
}

TEST_F(StreamStore, LeavesThePartFileWhenItIsAbandoned) {
  { StreamFile(folder_.path(), 1).append(as_bytes("half")); }
  ASSERT_EQ(files_in(folder_.path()).size(), 1U);
  EXPECT_EQ(read_text(files_in(folder_.path())[0]), "half");
}

TEST_F(StreamStore, KeepsEqualStreamsOnce) {
  StreamFile one(folder_.path(), 1);
  StreamFile two(folder_.path(), 2);
  one.append(as_bytes("same"));
  two.append(as_bytes("sa"));
  two.append(as_bytes("me"));
  EXPECT_EQ(one.finish(), two.finish());
  EXPECT_EQ(files_in(folder_.path()).size(), 1U);
}

TEST_F(StreamStore, NamesAnEmptyStreamToo) {
  const std::string name = StreamFile(folder_.path(), 1).finish();
  EXPECT_EQ(name, sha256_hex({}));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / name));
}

TEST_F(StreamStore, NeverWritesOverAnotherProcesssPartFile) {
  write_file(folder_.path() / ".part-1", std::string_view("theirs"));
  StreamFile file(folder_.path(), 1);
  EXPECT_THROW(file.append(as_bytes("mine")), Error);
  EXPECT_EQ(read_text(folder_.path() / ".part-1"), "theirs");
}

TEST_F(StreamStore, NamesThePartFileAfterItsStream) {
  { StreamFile(folder_.path(), 7).append(as_bytes("half")); }
  EXPECT_EQ(read_text(folder_.path() / ".part-7"), "half");
}

TEST_F(StreamStore, SaysWhatReachedTheDiskWhenItIsFull) {
  StreamFile file(folder_.path(), 1);
  {
    const FullDisk full(1000);
    const Bytes much(1500, 'x');
    EXPECT_THROW(file.append(much), Error);
  }
  EXPECT_EQ(file.bytes(), 1000U);
  EXPECT_EQ(file.finish(), sha256_hex(Bytes(1000, 'x')));
}

TEST(StreamRecord, TellsItsBeginningAndItsEndWithTheHashOfItsBytes) {
  Rig rig;
  StreamRecord record(rig.services, {"tcp",
                                     {asio::ip::make_address("10.77.0.2"), 40000},
                                     {asio::ip::make_address("198.18.0.1"), 443},
                                     "samples\x1b.example"});
  record.add_wire(30);
  EXPECT_TRUE(record.append(as_bytes("hello")));
  record.end({"eof", "", "", nullptr});
  const Json opened = rig.reporter.of(event::kStreamOpened).at(0);
  EXPECT_EQ(opened["destination"]["address"], "198.18.0.1");
  EXPECT_EQ(opened["destination"]["port"], 443);
  EXPECT_EQ(opened["name"], "samples\\x1b.example");
  const Json end = rig.reporter.of(event::kStream).at(0);
  EXPECT_EQ(end["stream"], opened["stream"]);
  EXPECT_EQ(end["bytes"], 5);
  EXPECT_EQ(end["wire_bytes"], 30);
  EXPECT_EQ(end["sha256"], sha256_hex(as_bytes("hello")));
  EXPECT_EQ(end["protocol"], "text");
  EXPECT_EQ(end["ended"], "eof");
  EXPECT_EQ(end["kept"], true);
  EXPECT_EQ(read_text(rig.folder.path() / end["sha256"].get<std::string>()), "hello");
}

TEST(StreamRecord, TurnsAFullDiskIntoAnErrorALossAndTrouble) {
  Rig rig;
  StreamRecord record(rig.services, {"tcp", {}, {}, ""});
  {
    const FullDisk full(100);
    EXPECT_FALSE(record.append(Bytes(150, 'x')));
    EXPECT_FALSE(record.append(Bytes(10, 'x')));
  }
  record.end({"eof", "", "", nullptr});
  const Json end = rig.reporter.of(event::kStream).at(0);
  EXPECT_EQ(end["ended"], "error");
  EXPECT_EQ(end["bytes"], 100);
  EXPECT_EQ(end["kept"], false);
  EXPECT_THAT(end["detail"].get<std::string>(), testing::HasSubstr("60 bytes received and not kept"));
  EXPECT_EQ(rig.reporter.lost, 1U);
  EXPECT_EQ(rig.reporter.of(event::kTrouble).size(), 1U);
}

}  // namespace
}  // namespace candor::internet
