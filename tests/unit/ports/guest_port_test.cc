// SPDX-License-Identifier: Apache-2.0
//
// One port against the real collector, and a guest that says what the test likes.
#include "ports/guest_port.h"

#include <sys/socket.h>

#include <atomic>
#include <random>

#include "support/line_peer.h"
#include "unit/collect/rig.h"

namespace candor::collect {
namespace {

using ports::GuestPort;
using ports::PortSettings;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Port : public Rig {
 protected:
  Port() {
    start();
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    near_.reset(ends[0]);
    guest_ = std::make_unique<test::LinePeer>(UniqueFd(ends[1]));
  }
  ~Port() override {
    guest_->close();
    if (thread_.joinable()) thread_.join();
  }

  void serve(PortSettings settings = {}) {
    settings.collector = collector_->endpoint();
    settings.name = "files";
    settings.wishes = {{"watch", {"/home"}}};
    thread_ = std::thread([this, settings] {
      try {
        GuestPort(settings, std::move(near_)).run();
      } catch (const std::exception& error) {
        thrown_ = error.what();
      }
      over_ = true;
    });
  }
  void say(const std::string& line) { EXPECT_TRUE(guest_->send(line + "\n")); }
  /// Answers pings, as many as must be before the probe is told to begin; what it is told then.
  Json begin(std::int64_t behind_ns = 0) {
    say(R"({"hello":"files","version":"1"})");
    for (int i = 0; i < 100; ++i) {
      const std::string line = guest_->line();
      if (line.empty()) break;
      const Json told = parse_json(line);
      if (told.contains("start")) {
        say(R"({"started":true,"absent":[]})");
        EXPECT_TRUE(eventually([&] { return account("files").welcomed; }));
        return told.at("start");
      }
      say(R"({"pong":)" + std::to_string(int_member(told, "ping")) + R"(,"mono_ns":)" +
          std::to_string(monotonic_ns() - behind_ns) + R"(,"events":0,"missed":0})");
    }
    ADD_FAILURE() << "it was never told to begin";
    return nullptr;
  }
  void event(int number) {
    say(R"({"event":"file.open/1","mono_ns":)" + std::to_string(monotonic_ns()) + R"(,"data":{"n":)" +
        std::to_string(number) + "}}");
  }
  /// Asks the port to end; the guest answers with `last`, unless that is empty. What was wrong, or "".
  std::string finish(const std::string& last) {
    std::thread answer([&] {
      for (std::string line = guest_->line(); !line.empty(); line = guest_->line())
        if (parse_json(line).contains("finish")) {
          if (!last.empty()) say(last);
          return;
        }
    });
    const std::string wrong = message_of(
        [this] { static_cast<void>(run(collector_->command("files", "finish", Json::object(), in(8s)))); });
    EXPECT_TRUE(eventually([this] { return over_.load(); })) << "the port does not end";
    answer.join();
    return wrong;
  }
  std::vector<model::Event> events(const std::string& type) {
    if (collector_) collector_->close();
    collector_.reset();
    std::vector<model::Event> found = stored("files");
    std::erase_if(found, [&](const model::Event& each) { return each.type != type; });
    return found;
  }

  UniqueFd near_;
  std::unique_ptr<test::LinePeer> guest_;
  std::thread thread_;
  std::atomic<bool> over_ = false;
  std::string thrown_;
};

std::string fin(int events, int missed = 0) {
  return R"({"fin":true,"events":)" + std::to_string(events) + R"(,"missed":)" + std::to_string(missed) + "}";
}

TEST_F(Port, ReportsWhatTheGuestsProbeSaysWithTheHostsTime) {
  serve();
  EXPECT_EQ(begin(5'000'000'000), (Json{{"watch", {"/home"}}}));
  const std::int64_t before = monotonic_ns() + 5'000'000'000;
  event(1);
  event(2);
  static_cast<void>(finish(fin(2)));
  EXPECT_EQ(account("files").missing, 0);
  EXPECT_TRUE(account("files").finished);
  EXPECT_THAT(account("files").problem, IsEmpty());
  const auto found = events("file.open/1");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].data.at("n"), 1);
  EXPECT_EQ(found[1].data.at("n"), 2);
  const std::int64_t error = int_member(found[0].data, "error_ns");
  EXPECT_GT(error, 0);
  EXPECT_NEAR(static_cast<double>(int_member(found[0].data, "host_ns")), static_cast<double>(before),
              static_cast<double>(error) + 1e9);
}

TEST_F(Port, CountsWhatTheGuestsProbeMissed) {
  serve();
  static_cast<void>(begin());
  static_cast<void>(finish(fin(0, 17)));
  EXPECT_EQ(account("files").dropped, 17);
}

TEST_F(Port, NoticesEventsThatNeverCame) {
  serve();
  static_cast<void>(begin());
  event(1);
  EXPECT_THAT(finish(fin(5)), HasSubstr("reported 5 events, and 1 came"));
}

TEST_F(Port, DoesNotWaitForAGuestThatNeverEnds) {
  serve({.finish_within = std::chrono::milliseconds(200)});
  static_cast<void>(begin());
  EXPECT_THAT(finish(""), HasSubstr("does not end when it is asked to"));
}

TEST_F(Port, NoticesAProbeThatDiedInMidMessage) {
  serve();
  static_cast<void>(begin());
  event(1);
  EXPECT_TRUE(guest_->send(R"({"event":"file.open/1","mono)"));
  guest_->close();
  EXPECT_THAT(finish(""), HasSubstr("ended without a word"));
}

TEST_F(Port, TakesNoProbeForAnother) {
  serve();
  say(R"({"hello":"processes","version":"1"})");
  guest_->close();
  EXPECT_TRUE(eventually([this] { return over_.load(); }));
  EXPECT_FALSE(account("files").welcomed);
}

TEST_F(Port, TakesNothingBeforeItAskedForIt) {
  serve();
  event(7);
  static_cast<void>(begin());
  EXPECT_THAT(finish(fin(0)), HasSubstr("an event came before it was asked for"));
  EXPECT_EQ(events("file.open/1").size(), 0U);
}

TEST_F(Port, StopsListeningToRubbish) {
  serve();
  static_cast<void>(begin());
  std::mt19937 chance(3);
  for (int i = 0; i < 300; ++i) {
    std::string rubbish(200, 'x');
    for (char& c : rubbish) c = static_cast<char>('\x0b' + chance() % 200);
    say(rubbish);
  }
  event(1);
  EXPECT_THAT(finish(""), HasSubstr("it said what is not in the protocol"));
  EXPECT_EQ(events("file.open/1").size(), 0U) << "it is not listened to any more";
}

TEST_F(Port, GoesOnAfterOneWrongLineAndOneThatIsTooLong) {
  serve();
  static_cast<void>(begin());
  say(std::string(3 * ports::kLongestLine, 'x'));
  say(R"({"event":"file.open/1","mono_ns":"soon","data":{}})");
  event(1);
  const std::string wrong = finish(fin(1));
  EXPECT_THAT(wrong, HasSubstr("1 lines that are too long"));
  EXPECT_THAT(wrong, HasSubstr("mono_ns"));
  EXPECT_EQ(events("file.open/1").size(), 1U);
}

TEST_F(Port, CountsWhatAFloodBringsBeyondItsBound) {
  serve({.events_most = 100});
  static_cast<void>(begin());
  for (int i = 0; i < 250; ++i) event(i);
  EXPECT_THAT(finish(fin(250)), HasSubstr("more than 100 events"));
  EXPECT_EQ(events("file.open/1").size(), 100U);
}

TEST_F(Port, BeginsAnewAfterARestartOfTheGuest) {
  serve();
  static_cast<void>(begin());
  event(1);
  static_cast<void>(begin(7'000'000'000));
  event(2);
  static_cast<void>(finish(fin(1)));
  EXPECT_TRUE(account("files").finished);
  EXPECT_EQ(events("file.open/1").size(), 2U);
}

TEST_F(Port, NotesLongSilence) {
  serve({.silence = std::chrono::milliseconds(1)});
  static_cast<void>(begin());
  std::this_thread::sleep_for(2500ms);
  EXPECT_THAT(finish(fin(0)), HasSubstr("was silent for more than"));
}

TEST_F(Port, KeepsBlobsTheGuestHandsOver) {
  serve();
  static_cast<void>(begin());
  for (const char* last : {"false", "true"})
    say(R"({"event":"tls.plaintext/1","mono_ns":9,"data":{},"hex":"6162","blob":{"id":"t","last":)" +
        std::string(last) + R"(,"about":"left"}})");
  static_cast<void>(finish(fin(2)));
  collector_->close();
  collector_.reset();
  const auto blobs = read_blobs(folder_.path() / kStoreFile);
  ASSERT_EQ(blobs.size(), 1U);
  EXPECT_EQ(blobs[0].size, 4U);
  EXPECT_TRUE(blobs[0].complete);
  EXPECT_EQ(blobs[0].about, "left");
}

}  // namespace
}  // namespace candor::collect
