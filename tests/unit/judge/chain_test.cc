// SPDX-License-Identifier: Apache-2.0
#include "judge/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clean_evidence.h"
#include "judge/findings.h"

namespace candor::judge::test {
namespace {

using model::FileAct;
using model::FileUse;
using model::ProcessKey;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSpool = "/var/spool/out";
constexpr model::FileKey kMemo{1, 100, 0};
constexpr model::FileKey kCopy{1, 200, 0};

/// A leak of memo-1, sent by one process of a guest in which things happen second by second.
struct Guest {
  Guest() {
    stream = leaking_stream();
    add_stream(evidence, stream);
    process(1, 0, "/sbin/init");
  }
  static std::int64_t at(double second) {
    return kStartMono + static_cast<std::int64_t>(second * static_cast<double>(kSecond));
  }
  static ProcessKey key(std::int64_t pid) { return {pid, pid * 10}; }
  void process(std::int64_t pid, std::int64_t parent, const std::string& program, double second = 0) {
    model::Process& made = evidence.activity.processes[key(pid)];
    made.parent = key(parent);
    made.user = 1000;
    made.started_ns = second == 0 ? 0 : at(second);
    made.runs = {{.at_ns = at(second), .program = program, .arguments = {program, "-v"}}};
  }
  void file(FileAct act, std::int64_t pid, model::FileKey which, const std::string& path, double second,
            const std::string& to = "") {
    evidence.activity.files.push_back({.act = act,
                                       .process = key(pid),
                                       .file = which,
                                       .path = path,
                                       .to = to,
                                       .at_ns = at(second),
                                       .error_ns = 400'000});
  }
  void socket(const std::string& act, std::int64_t pid, double second) {
    evidence.activity.sockets.push_back({.act = act,
                                         .process = key(pid),
                                         .transport = "tcp",
                                         .local = stream.source,
                                         .remote = stream.destination,
                                         .at_ns = at(second),
                                         .error_ns = 400'000});
  }
  [[nodiscard]] model::Chain chain() const { return observe(evidence).findings.at(0).chain; }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> lines;
    for (const model::ChainLink& each : chain().links)
      lines.push_back(each.program + " " + each.act + " " + each.object);
    return lines;
  }

  model::Evidence evidence = clean_evidence();
  model::Stream stream;
  const std::string memo = "/home/alex/Documents/memo-1.docx";
};

constexpr const char* kThere = "samples.example (198.18.0.7:443)";

TEST(Chain, IsEmptyWithoutProbesInTheGuest) {
  const model::Chain chain = observe([] {
                               model::Evidence evidence = clean_evidence();
                               add_stream(evidence, leaking_stream());
                               return evidence;
                             }())
                                 .findings.at(0)
                                 .chain;
  EXPECT_THAT(chain.links, IsEmpty());
  EXPECT_THAT(chain.missing, IsEmpty());
}

TEST(Chain, LeadsFromTheReaderWhoSendsItToItsParents) {
  Guest guest;
  guest.process(20, 1, "/usr/sbin/scanner");
  guest.process(30, 20, "/bin/curl", 2);
  guest.file(FileAct::read, 30, kMemo, guest.memo, 2.5);
  guest.socket("connected to", 30, 3);
  EXPECT_THAT(guest.told(),
              ElementsAre("/bin/curl read " + guest.memo, std::string("/bin/curl connected to ") + kThere));
  const model::Chain chain = guest.chain();
  EXPECT_THAT(chain.missing, IsEmpty());
  EXPECT_THAT(chain.links[0].started_by, ElementsAre("/usr/sbin/scanner", "/sbin/init"));
  EXPECT_THAT(chain.links[0].arguments, ElementsAre("/bin/curl", "-v"));
  EXPECT_DOUBLE_EQ(chain.links[0].at_s, 2.5);
  EXPECT_DOUBLE_EQ(chain.links[0].error_s, 0.0004);
  EXPECT_EQ(chain.links[0].pid, 30);
  EXPECT_EQ(chain.links[0].user, 1000);
}

TEST(Chain, GoesThroughACopyInASpoolFolder) {
  Guest guest;
  guest.process(20, 1, "/bin/cp");
  guest.process(30, 1, "/bin/curl");
  guest.file(FileAct::read, 20, kMemo, guest.memo, 1);
  guest.file(FileAct::write, 20, kCopy, kSpool, 1.1);
  guest.file(FileAct::read, 30, kCopy, kSpool, 2);
  guest.socket("connected to", 30, 2.1);
  EXPECT_THAT(guest.told(), ElementsAre("/bin/cp read " + guest.memo, std::string("/bin/cp wrote ") + kSpool,
                                        std::string("/bin/curl read ") + kSpool,
                                        std::string("/bin/curl connected to ") + kThere));
  EXPECT_THAT(guest.chain().missing, IsEmpty());
}

TEST(Chain, GoesThroughACopyTheKernelMade) {
  Guest guest;
  guest.process(20, 1, "/bin/cp");
  guest.process(30, 1, "/bin/curl");
  guest.file(FileAct::copy, 20, kMemo, guest.memo, 1, kSpool);
  guest.file(FileAct::read, 30, kCopy, kSpool, 2);
  guest.socket("connected to", 30, 2.1);
  EXPECT_THAT(guest.told(), ElementsAre("/bin/cp copied " + guest.memo + " to " + kSpool,
                                        std::string("/bin/curl read ") + kSpool,
                                        std::string("/bin/curl connected to ") + kThere));
}

TEST(Chain, KnowsTheDocumentUnderAnotherName) {
  Guest guest;
  guest.process(30, 1, "/bin/curl");
  guest.file(FileAct::rename, 30, kMemo, guest.memo, 1, "/tmp/x");
  guest.file(FileAct::read, 30, kMemo, "/tmp/x", 2);
  guest.socket("connected to", 30, 2.1);
  EXPECT_THAT(guest.told(),
              ElementsAre("/bin/curl read /tmp/x", std::string("/bin/curl connected to ") + kThere));
}

TEST(Chain, TakesNothingThatHappenedTooLate) {
  Guest guest;
  guest.process(20, 1, "/bin/cp");
  guest.process(30, 1, "/bin/curl");
  guest.file(FileAct::read, 30, kMemo, guest.memo, 60);  // long after the stream ended
  guest.file(FileAct::read, 30, kCopy, kSpool, 1);
  guest.file(FileAct::write, 20, kCopy, kSpool, 2);  // after it was read
  guest.file(FileAct::read, 20, kMemo, guest.memo, 0.5);
  guest.socket("connected to", 30, 2.1);
  EXPECT_THAT(guest.told(),
              ElementsAre("/bin/cp read " + guest.memo, std::string("/bin/curl connected to ") + kThere));
  EXPECT_THAT(guest.chain().missing,
              ElementsAre("no probe saw how it came from those who read it to /bin/curl (process 30)"));
}

TEST(Chain, SaysThatHandingOverToAChildWasNotSeenUnlessItWasBornWithIt) {
  for (const bool before : {true, false}) {
    Guest guest;
    guest.process(20, 1, "/usr/sbin/scanner");
    guest.process(30, 20, "/bin/curl", 2);
    guest.file(FileAct::read, 20, kMemo, guest.memo, before ? 1 : 2.5);
    guest.socket("connected to", 30, 3);
    EXPECT_THAT(guest.told(), Contains("/usr/sbin/scanner started /bin/curl"));
    if (before)
      EXPECT_THAT(guest.chain().missing, IsEmpty());
    else
      EXPECT_THAT(guest.chain().missing,
                  ElementsAre("no probe saw how it came from /usr/sbin/scanner (process 20) to /bin/curl "
                              "(process 30)"));
  }
}

TEST(Chain, ShowsAllWhoUseOneFlow) {
  Guest guest;
  guest.process(30, 1, "/bin/connects");
  guest.process(40, 30, "/bin/sends");
  guest.file(FileAct::read, 40, kMemo, guest.memo, 2);
  guest.socket("connected to", 30, 1);
  guest.socket("sent to", 40, 2.5);
  EXPECT_THAT(guest.told(), ElementsAre("/bin/sends read " + guest.memo,
                                        std::string("/bin/connects connected to ") + kThere,
                                        std::string("/bin/sends sent to ") + kThere));
}

TEST(Chain, TellsUsersOfAnEarlierConnectionFromTheSamePortApart) {
  Guest guest;
  guest.process(30, 1, "/bin/earlier");
  guest.process(40, 1, "/bin/later");
  guest.socket("connected to", 30, 1);
  guest.file(FileAct::read, 40, kMemo, guest.memo, 2);
  guest.socket("connected to", 40, 2.5);
  EXPECT_THAT(guest.told(),
              ElementsAre("/bin/later read " + guest.memo, std::string("/bin/later connected to ") + kThere));
}

TEST(Chain, SaysWhatNobodySaw) {
  Guest guest;
  EXPECT_THAT(guest.chain().links, IsEmpty());
  EXPECT_THAT(guest.chain().missing,
              ElementsAre("no probe saw a process read the document", "no probe saw which process sent it"));
  guest.process(20, 1, "/usr/sbin/scanner");
  guest.file(FileAct::read, 20, kMemo, guest.memo, 1);
  EXPECT_THAT(guest.told(), ElementsAre("/usr/sbin/scanner read " + guest.memo));
  EXPECT_THAT(guest.chain().missing, ElementsAre("no probe saw which process sent it"));
}

TEST(Chain, NamesTheProgramAProcessWasAtThatTime) {
  Guest guest;
  guest.process(30, 1, "/bin/sh");
  guest.evidence.activity.processes[Guest::key(30)].runs.push_back(
      {.at_ns = Guest::at(2), .program = "/bin/curl"});
  guest.file(FileAct::read, 30, kMemo, guest.memo, 1);
  guest.socket("connected to", 30, 3);
  EXPECT_THAT(guest.told(),
              ElementsAre("/bin/sh read " + guest.memo, std::string("/bin/curl connected to ") + kThere));
}

TEST(Chain, EndsInACircleOfParentsAndCopies) {
  Guest guest;
  guest.process(30, 40, "/bin/a");
  guest.process(40, 30, "/bin/b");
  guest.file(FileAct::write, 30, kCopy, kSpool, 1);
  guest.file(FileAct::read, 40, kCopy, kSpool, 1.5);
  guest.file(FileAct::write, 40, kCopy, kSpool, 1.6);
  guest.file(FileAct::read, 30, kCopy, kSpool, 1.7);
  guest.socket("connected to", 30, 2);
  EXPECT_THAT(guest.chain().missing, Contains(HasSubstr("no probe saw a process read the document")));
}

TEST(Chain, ShowsNothingOfTheGuestsTextsUnescaped) {
  Guest guest;
  guest.process(30, 1, "/bin/\033[31mcurl");
  guest.file(FileAct::read, 30, kMemo, guest.memo, 1);
  guest.socket("connected to", 30, 3);
  for (const std::string& line : guest.told()) EXPECT_EQ(line.find('\033'), std::string::npos) << line;
}

TEST(Chain, OfACopyAtRestEndsWithWhoWroteIt) {
  Guest guest;
  guest.evidence.streams.pop_back();
  guest.evidence.blobs.push_back({.probe = "disk",
                                  .id = "inode-7",
                                  .about = "at-rest",
                                  .complete = true,
                                  .type = "disk.file/1",
                                  .wall_ns = kStartWall + 9 * kSecond,
                                  .data = {{"path", kSpool}},
                                  .found = {.hits = {hit(model::HitKind::whole_file, "memo-1")}}});
  guest.process(20, 1, "/bin/cp");
  guest.file(FileAct::read, 20, kMemo, guest.memo, 1);
  guest.file(FileAct::write, 20, kCopy, kSpool, 1.1);
  EXPECT_THAT(guest.told(),
              ElementsAre("/bin/cp read " + guest.memo, std::string("/bin/cp wrote ") + kSpool));
  const model::Finding finding = observe(guest.evidence).findings.at(0);
  EXPECT_EQ(finding.data_class, "content/at-rest");
  EXPECT_EQ(finding.reach, model::Reach::kept);
  EXPECT_EQ(finding.destination, std::string(kSpool) + " (disk.file/1)");
}

TEST(Chain, OfADatagramIsFoundByWhereItWent) {
  Guest guest;
  guest.evidence.streams.pop_back();
  guest.evidence.frames.findings.push_back({.channel = "icmp",
                                            .destination = "198.18.0.44",
                                            .wall_ns = kStartWall + 4 * kSecond,
                                            .frame = 5,
                                            .found = {.hits = {hit(model::HitKind::token, "memo-1")}}});
  guest.process(30, 1, "/bin/ping");
  guest.file(FileAct::read, 30, kMemo, guest.memo, 1);
  guest.evidence.activity.sockets.push_back({.act = "sent to",
                                             .process = Guest::key(30),
                                             .transport = "icmp",
                                             .local = {"0.0.0.0", 7},
                                             .remote = {"198.18.0.44", 0},
                                             .at_ns = Guest::at(2)});
  EXPECT_THAT(guest.told(), ElementsAre("/bin/ping read " + guest.memo, "/bin/ping sent to 198.18.0.44"));
}

}  // namespace
}  // namespace candor::judge::test
