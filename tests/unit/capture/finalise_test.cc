// SPDX-License-Identifier: Apache-2.0
#include "capture/finalise.h"

#include <gmock/gmock.h>

#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "capture/account.h"
#include "capture/keylog.h"
#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;
using testing::HasSubstr;

/// A recorded TLS session, as frames of one TCP connection, and its key log.
struct Session {
  CaptureBuilder capture;
  std::string keylog;
};

Session recorded_session() {
  Session session;
  std::istringstream lines(
      read_text(std::filesystem::path(CANDOR_SOURCE_DIR) / "tests/unit/capture/tls_session.txt"));
  std::uint32_t sent = 1000;
  std::uint32_t received = 2000;
  const auto frame = [&](bool out, unsigned flags, const Bytes& payload) {
    const Bytes segment = out ? tcp(4000, 443, sent, flags, payload, {}, received)
                              : tcp(443, 4000, received, flags, payload, {}, sent);
    const Bytes bytes = ethernet(0x0800, ipv4(6, segment, out ? kGuest : kHost, out ? kHost : kGuest));
    out ? session.capture.sent(bytes) : session.capture.received(bytes);
    (out ? sent : received) += static_cast<std::uint32_t>(payload.size()) + ((flags & kSyn) != 0 ? 1 : 0);
  };
  frame(true, kSyn, {});
  frame(false, kSyn | kAck, {});
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("> ") || line.starts_with("< ")) {
      frame(line[0] == '>', kPush | kAck, from_hex(line.substr(2)).value());
    } else if (!line.starts_with("#")) {
      session.keylog += line + "\n";
    }
  }
  return session;
}

std::string tool(const std::vector<std::string>& argv) { return must_run({.name = argv[0], .argv = argv}); }

std::string tshark(const std::filesystem::path& capture, const std::vector<std::string>& more) {
  std::vector<std::string> argv = {"tshark", "-n", "-r", capture.string()};
  argv.insert(argv.end(), more.begin(), more.end());
  return tool(argv);
}

class Finalise : public testing::Test {
 protected:
  void put(const Session& session) {
    write_file(capture_, session.capture.bytes());
    write_file(keylog_, session.keylog);
  }
  Bytes content() const { return read_file(capture_); }

  TempDir folder_{std::filesystem::temp_directory_path(), "candor-finalise-"};
  std::filesystem::path capture_ = folder_.path() / "frames.pcapng";
  std::filesystem::path keylog_ = folder_.path() / "keys.log";
  Session session_ = recorded_session();
};

TEST_F(Finalise, LetsTsharkReadTlsWithNothingElseAtHand) {
  put(session_);
  const std::vector<std::string> uris = {"-Y", "http.request", "-T", "fields", "-e", "http.request.uri"};
  EXPECT_EQ(tshark(capture_, uris), "");
  EXPECT_EQ(finalise_capture(capture_, keylog_).secrets, 5U);
  EXPECT_EQ(tshark(capture_, uris), "/upload\n");
}

TEST_F(Finalise, WritesSecretsThatEditcapTakesOutAgain) {
  put(session_);
  finalise_capture(capture_, keylog_);
  EXPECT_THAT(tool({"capinfos", "-c", capture_.string()}), HasSubstr("Number of packets:   8"));
  const std::filesystem::path without = folder_.path() / "without.pcapng";
  tool({"editcap", "--discard-all-secrets", capture_.string(), without.string()});
  EXPECT_EQ(tshark(without, {"-Y", "http.request"}), "");
  const Bytes left = read_file(without);
  EXPECT_THAT(std::string(as_text(content())), HasSubstr("CLIENT_TRAFFIC_SECRET_0"));
  EXPECT_THAT(std::string(as_text(left)), testing::Not(HasSubstr("CLIENT_TRAFFIC_SECRET_0")));
}

TEST_F(Finalise, ChangesNoFrame) {
  put(session_);
  const auto before = account_frames(capture_, {finder({})});
  finalise_capture(capture_, keylog_);
  const auto after = account_frames(capture_, {finder({})});
  EXPECT_TRUE(after.complete) << after.problem;
  EXPECT_EQ(after.sent, before.sent);
  EXPECT_EQ(after.frames, before.frames);
  EXPECT_EQ(after.tcp, before.tcp);
}

TEST_F(Finalise, DoneTwiceGivesTheSameBytes) {
  put(session_);
  finalise_capture(capture_, keylog_);
  const Bytes once = content();
  finalise_capture(capture_, keylog_);
  EXPECT_EQ(content(), once);
}

TEST_F(Finalise, WithoutSecretsChangesNothing) {
  session_.keylog.clear();
  put(session_);
  finalise_capture(capture_, keylog_);
  EXPECT_EQ(content(), session_.capture.bytes());
  EXPECT_EQ(finalise_capture(capture_, folder_.path() / "none.log").secrets, 0U);
  EXPECT_EQ(content(), session_.capture.bytes());
}

TEST_F(Finalise, KeepsATornTailAsItIs) {
  put(session_);
  Bytes torn = session_.capture.bytes();
  torn.resize(torn.size() - 7);
  write_file(capture_, torn);
  finalise_capture(capture_, keylog_);
  const Bytes finalised = content();
  const std::size_t header = CaptureBuilder().bytes().size();
  ASSERT_GT(finalised.size(), torn.size());
  const Bytes end(finalised.end() - static_cast<std::ptrdiff_t>(torn.size() - header), finalised.end());
  EXPECT_EQ(end, Bytes(torn.begin() + static_cast<std::ptrdiff_t>(header), torn.end()));
  EXPECT_FALSE(account_frames(capture_, {finder({})}).complete);
}

TEST_F(Finalise, PutsSecretsIntoACaptureWithoutPackets) {
  session_.capture = CaptureBuilder();
  put(session_);
  finalise_capture(capture_, keylog_);
  EXPECT_TRUE(account_frames(capture_, {finder({})}).complete);
  EXPECT_GT(content().size(), session_.keylog.size());
}

TEST_F(Finalise, LeavesWhatIsNoCaptureAlone) {
  put(session_);
  write_file(capture_, "this is no capture at all");
  EXPECT_THROW(finalise_capture(capture_, keylog_), Error);
  EXPECT_EQ(read_text(capture_), "this is no capture at all");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    files += entry.exists() ? 1 : 0;
  EXPECT_EQ(files, 2U);
}

TEST_F(Finalise, SplitsALargeKeyLogIntoBlocksWiresharkTakes) {
  std::string large;
  while (large.size() < 3 * kLargestKeylogText)
    large += "CLIENT_RANDOM " + std::string(64, 'a') + " " + std::string(96, 'b') + "\n";
  session_.keylog = large + session_.keylog;
  put(session_);
  finalise_capture(capture_, keylog_);
  EXPECT_EQ(tshark(capture_, {"-Y", "http.request", "-T", "fields", "-e", "http.request.uri"}), "/upload\n");
}

TEST(Keylog, KeepsSecretsAndCountsWhatIsNone) {
  const std::string good = "CLIENT_RANDOM " + std::string(64, 'a') + " " + std::string(96, 'F') + "\n";
  const Keylog log = read_keylog("# comment\n\n" + good + "CLIENT_RANDOM aa bb\n" + "\x1b[2J evil\n" +
                                 "lower " + good.substr(14) + good + good.substr(0, 40));
  EXPECT_EQ(log.secrets, 2U);
  EXPECT_EQ(log.rejected, 4U);
  EXPECT_EQ(log.texts, std::vector<std::string>{good + good});
}

TEST(Keylog, RefusesSecretsOfImpossibleSize) {
  const std::string head = "CLIENT_RANDOM " + std::string(64, 'a') + " ";
  EXPECT_EQ(read_keylog(head + std::string(258, 'b') + "\n").secrets, 0U);
  EXPECT_EQ(read_keylog(head + std::string(95, 'b') + "\n").secrets, 0U);
  EXPECT_EQ(read_keylog(head + std::string(95, 'b') + "g\n").secrets, 0U);
  EXPECT_EQ(read_keylog(head + "\n").secrets, 0U);
}

}  // namespace
}  // namespace candor::capture
