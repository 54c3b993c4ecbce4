// SPDX-License-Identifier: Apache-2.0
//
// The C++ SDK against the real collector, and against a bare ROUTER that answers as the test likes.
#include <poll.h>

#include <future>
#include <map>

#include "base/process.h"
#include "sdk/wire_format.h"
#include "unit/collect/rig.h"

namespace candor::collect {
namespace {

using probe::Probe;
using ::testing::HasSubstr;

class Sdk : public Rig {
 protected:
  std::unique_ptr<Probe> connect(const std::string& name) {
    return std::make_unique<Probe>(probe::Settings{collector_->endpoint(), name, "1", {"test.event/1"}});
  }
};

/// Serves commands until "finish", as a probe's main loop does.
void serve(Probe& probe) {
  while (!probe.lost()) {
    pollfd ready = {probe.command_fd(), POLLIN, 0};
    poll(&ready, 1, 100);
    while (const auto command = probe.take_command()) {
      if (command->name == "finish") {
        EXPECT_TRUE(probe.finish());
        return;
      }
      if (command->name == "echo") probe.done(*command, "", command->arguments);
      if (command->name == "fail") probe.done(*command, "the cable is stuck");
      if (command->name == "huge") probe.done(*command, "", {{"text", std::string(kMaxBody, 'x')}});
    }
  }
}

TEST_F(Sdk, DeliversEveryEventOfManyThreadsOnce) {
  start();
  const auto probe = connect("files");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) probe->report("test.event/1", {{"thread", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  probe->count_dropped(3);
  ASSERT_TRUE(probe->finish());
  collector_->close();
  std::map<std::pair<std::int64_t, std::int64_t>, int> seen;
  for (const model::Event& event : stored("files")) {
    ++seen[{int_member(event.data, "thread"), int_member(event.data, "i")}];
  }
  EXPECT_EQ(seen.size(), 2000U);
  for (const auto& [key, count] : seen) EXPECT_EQ(count, 1);
  EXPECT_TRUE(account("files").finished);
  EXPECT_EQ(account("files").dropped, 3);
}

TEST_F(Sdk, StampsAnEventWithBothClocksWhenItIsReported) {
  start();
  const auto probe = connect("files");
  const std::int64_t wall = wall_ns();
  const std::int64_t mono = monotonic_ns();
  probe->report("test.event/1", {{"n", 1}});
  const std::int64_t wall_after = wall_ns();
  const std::int64_t mono_after = monotonic_ns();
  ASSERT_TRUE(probe->finish());
  collector_->close();
  const auto events = stored("files");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].wall_ns >= wall && events[0].wall_ns <= wall_after);
  EXPECT_TRUE(events[0].mono_ns >= mono && events[0].mono_ns <= mono_after);
  EXPECT_GE(events[0].received_ns, mono);
}

TEST_F(Sdk, AnswersCommandsWithResultOrError) {
  start();
  const auto probe = connect("wire");
  std::thread loop([&] { serve(*probe); });
  const Json arguments = {{"up", false}};
  EXPECT_EQ(run(collector_->command("wire", "echo", arguments, in(5s))), arguments);
  EXPECT_THAT(message_of([&] { run(collector_->command("wire", "fail", {}, in(5s))); }),
              HasSubstr("probe 'wire': command 'fail': the cable is stuck"));
  EXPECT_THAT(message_of([&] { run(collector_->command("wire", "huge", {}, in(5s))); }),
              HasSubstr("over the limit"));
  EXPECT_THAT(message_of([&] { run(collector_->command("wire", "unheard", {}, in(200ms))); }),
              HasSubstr("did not answer in time"));
  EXPECT_THAT(message_of([&] { run(collector_->command("absent", "echo", {}, in(5s))); }),
              HasSubstr("not connected"));
  EXPECT_TRUE(run(collector_->finish("wire", in(5s))));
  loop.join();
  EXPECT_EQ(account("wire").problem, "");
}

TEST_F(Sdk, FinishesWhenAskedWithEverythingStored) {
  start();
  const auto probe = connect("wire");
  for (int i = 0; i < 5000; ++i) probe->report("test.event/1", {{"n", i}});
  std::thread loop([&] { serve(*probe); });
  EXPECT_TRUE(run(collector_->finish("wire", in(20s))));
  loop.join();
  EXPECT_EQ(account("wire").events, 5000);
  EXPECT_TRUE(run(collector_->finish("wire", in(5s))));  // and stays finished
  EXPECT_THAT(message_of([&] { probe->report("test.event/1", {{"n", 1}}); }), HasSubstr("after finish"));
}

TEST_F(Sdk, IsNotFinishedByAProbeThatNeverCame) {
  start();
  EXPECT_FALSE(run(collector_->finish("wire", in(5s))));
}

TEST_F(Sdk, StaysInGoodStandingWhileItHasNothingToSay) {
  Settings quick = settings();
  quick.heartbeat = 50ms;
  quick.silence = 400ms;
  start(quick);
  const auto probe = connect("files");
  std::this_thread::sleep_for(1200ms);  // three times the limit for silence
  EXPECT_FALSE(probe->lost());
  EXPECT_EQ(account("files").problem, "");
}

TEST_F(Sdk, SaysWhyItWasRejected) {
  start();
  const auto first = connect("files");
  EXPECT_THAT(message_of([&] { connect("files"); }),
              HasSubstr("probe 'files': the collector rejected it: a probe of this name is already there"));
  EXPECT_THAT(message_of([&] { connect("Bad Name"); }), HasSubstr("is no name for a probe"));
}

TEST_F(Sdk, GivesUpWhenNobodyAnswers) {
  const std::string nowhere = "ipc://" + (folder_.path() / "nobody").string();
  EXPECT_THAT(message_of([&] {
                Probe({nowhere, "files", "1", {}}, 200ms);
              }),
              HasSubstr("no answer from the collector"));
  const std::string deep = "ipc:///tmp/" + std::string(110, 'x');
  EXPECT_THAT(message_of([&] {
                Probe({deep, "files", "1", {}}, 200ms);
              }),
              HasSubstr("longer than 107 bytes"));
}

TEST_F(Sdk, RefusesWhatTheCollectorWouldRefuse) {
  start();
  const auto probe = connect("files");
  EXPECT_THAT(message_of([&] { probe->report("no type", Json::object()); }), HasSubstr("no event type"));
  EXPECT_THAT(message_of([&] { probe->report("a.b/1", Json::array()); }), HasSubstr("is an object"));
  EXPECT_THAT(message_of([&] {
                probe->report("a.b/1", {{"x", std::string(kMaxBody, 'x')}});
              }),
              HasSubstr("256 KiB"));
  probe->report("a.b/1", {{"x", "\xff not UTF-8"}});
  EXPECT_TRUE(probe->finish());
  EXPECT_EQ(account("files").events, 1);
}

TEST_F(Sdk, IsLostWhenTheCollectorStaysAway) {
  Settings quick = settings();
  quick.heartbeat = 50ms;
  quick.silence = 300ms;
  start(quick);
  const auto probe = connect("files");
  collector_.reset();
  EXPECT_TRUE(eventually([&] { return probe->lost(); }));
  EXPECT_THAT(message_of([&] { probe->report("test.event/1", Json::object()); }),
              HasSubstr("silent for more than"));
  EXPECT_FALSE(probe->finish(5s));
}

TEST_F(Sdk, GoesOnWithACollectorThatCameBack) {
  start();
  const auto probe = connect("files");
  for (int i = 1; i <= 100; ++i) probe->report("test.event/1", {{"n", i}});
  collector_.reset();
  for (int i = 101; i <= 200; ++i) probe->report("test.event/1", {{"n", i}});
  start();
  for (int i = 201; i <= 300; ++i) probe->report("test.event/1", {{"n", i}});
  ASSERT_TRUE(probe->finish());
  EXPECT_EQ(account("files").problem, "");
  collector_->close();
  const auto events = stored("files");
  ASSERT_EQ(events.size(), 300U);
  for (const model::Event& event : events) EXPECT_EQ(int_member(event.data, "n"), event.seq);
}

/// A collector that does nothing of its own accord.
class Puppet {
 public:
  explicit Puppet(const std::string& endpoint) : router_(context_, zmq::socket_type::router) {
    router_.set(zmq::sockopt::linger, 0);
    router_.bind(endpoint);
  }
  /// The next message of `type`; null after `patience`.
  Json expect(const std::string& type, std::chrono::milliseconds patience = 5s) {
    const Deadline end = in(patience);
    while (std::chrono::steady_clock::now() < end) {
      router_.set(zmq::sockopt::rcvtimeo, 20);
      zmq::message_t peer;
      if (!router_.recv(peer)) continue;
      zmq::message_t name;
      zmq::message_t body;
      if (!router_.recv(name) || !router_.recv(body)) continue;
      peer_ = peer.to_string();
      if (name.to_string_view() == type) return parse_json(body.to_string_view());
    }
    return nullptr;
  }
  void send(const std::string& type, const Json& body) {
    router_.send(zmq::buffer(peer_), zmq::send_flags::sndmore);
    router_.send(zmq::buffer(type), zmq::send_flags::sndmore);
    router_.send(zmq::buffer(dump_json(body)));
  }
  void welcome(std::int64_t credit, std::int64_t resume_from) {
    send("WELCOME", {{"proto", 1},
                     {"encoding", "json"},
                     {"run", "r"},
                     {"credit", credit},
                     {"resume_from", resume_from},
                     {"heartbeat_ms", 60'000},
                     {"silence_ms", 120'000}});
  }

 private:
  zmq::context_t context_;
  zmq::socket_t router_;
  std::string peer_;
};

class SdkAlone : public ::testing::Test {
 protected:
  std::unique_ptr<Probe> welcomed(std::int64_t credit, std::size_t buffer = 4096) {
    auto made = std::async(std::launch::async, [&] {
      return std::make_unique<Probe>(probe::Settings{endpoint_, "files", "1", {}, buffer});
    });
    EXPECT_FALSE(puppet_.expect("HELLO").is_null());
    puppet_.welcome(credit, 1);
    return made.get();
  }

  TempDir folder_{"/tmp", "sdk-test-"};
  std::string endpoint_ = "ipc://" + (folder_.path() / "s").string();
  Puppet puppet_{endpoint_};
};

TEST_F(SdkAlone, SendsNoEventBeyondItsCredit) {
  const auto probe = welcomed(3);
  for (int i = 0; i < 10; ++i) probe->report("test.event/1", {{"n", i}});
  for (int seq = 1; seq <= 3; ++seq) EXPECT_EQ(int_member(puppet_.expect("EVENT"), "seq"), seq);
  EXPECT_TRUE(puppet_.expect("EVENT", 300ms).is_null());
  puppet_.send("ACK", {{"seq", 3}, {"credit", 5}});
  for (int seq = 4; seq <= 5; ++seq) EXPECT_EQ(int_member(puppet_.expect("EVENT"), "seq"), seq);
  EXPECT_TRUE(puppet_.expect("EVENT", 300ms).is_null());
}

TEST_F(SdkAlone, ReportWaitsWhileTheBufferIsFull) {
  const auto probe = welcomed(100, 5);
  for (int i = 0; i < 5; ++i) probe->report("test.event/1", {{"n", i}});
  auto sixth = std::async(std::launch::async, [&] { probe->report("test.event/1", {{"n", 5}}); });
  EXPECT_EQ(sixth.wait_for(300ms), std::future_status::timeout);
  ASSERT_FALSE(puppet_.expect("EVENT").is_null());
  puppet_.send("ACK", {{"seq", 1}, {"credit", 100}});
  EXPECT_EQ(sixth.wait_for(5s), std::future_status::ready);
  sixth.get();
}

TEST_F(SdkAlone, SendsAgainWhatWasNotAcknowledged) {
  const auto probe = welcomed(100);
  for (int i = 1; i <= 4; ++i) probe->report("test.event/1", {{"n", i}});
  for (int seq = 1; seq <= 4; ++seq) ASSERT_EQ(int_member(puppet_.expect("EVENT"), "seq"), seq);
  puppet_.send("REJECT", {{"code", "no-hello"}, {"sentence", "who are you"}});
  ASSERT_FALSE(puppet_.expect("HELLO").is_null());
  puppet_.welcome(100, 3);
  for (int seq = 3; seq <= 4; ++seq) {
    const Json event = puppet_.expect("EVENT");
    EXPECT_EQ(int_member(event, "seq"), seq);
    EXPECT_EQ(int_member(member(event, "data"), "n"), seq);
  }
}

TEST_F(SdkAlone, EndsWhenACollectorForgotWhatItAcknowledged) {
  const auto probe = welcomed(100);
  for (int i = 1; i <= 4; ++i) probe->report("test.event/1", {{"n", i}});
  for (int seq = 1; seq <= 4; ++seq) ASSERT_FALSE(puppet_.expect("EVENT").is_null());
  puppet_.send("ACK", {{"seq", 4}, {"credit", 100}});
  puppet_.send("REJECT", {{"code", "no-hello"}, {"sentence", "who are you"}});
  ASSERT_FALSE(puppet_.expect("HELLO").is_null());
  puppet_.welcome(100, 1);
  EXPECT_TRUE(eventually([&] { return probe->lost(); }));
  EXPECT_THAT(message_of([&] { probe->report("test.event/1", Json::object()); }), HasSubstr("lost events"));
}

TEST_F(SdkAlone, DoesACommandOnceHoweverOftenItComes) {
  const auto probe = welcomed(100);
  const Json command = {{"id", 7}, {"name", "link"}, {"arguments", {{"up", false}}}};
  puppet_.send("COMMAND", command);
  pollfd ready = {probe->command_fd(), POLLIN, 0};
  ASSERT_EQ(poll(&ready, 1, 5000), 1);
  puppet_.send("COMMAND", command);
  const auto taken = probe->take_command();
  ASSERT_TRUE(taken);
  probe->done(*taken, "", {{"was", "up"}});
  EXPECT_EQ(int_member(puppet_.expect("DONE"), "id"), 7);
  puppet_.send("COMMAND", command);
  EXPECT_EQ(member(puppet_.expect("DONE"), "result"), Json({{"was", "up"}}));
  EXPECT_FALSE(probe->take_command());
}

TEST_F(SdkAlone, SendsFinOnlyAfterItsLastEvent) {
  const auto probe = welcomed(2);
  for (int i = 1; i <= 3; ++i) probe->report("test.event/1", {{"n", i}});
  probe->count_dropped(9);
  auto done = std::async(std::launch::async, [&] { return probe->finish(10s); });
  EXPECT_TRUE(puppet_.expect("FIN", 300ms).is_null());
  puppet_.send("ACK", {{"seq", 2}, {"credit", 3}});
  const Json fin = puppet_.expect("FIN");
  EXPECT_EQ(fin, Json({{"last_seq", 3}, {"dropped", 9}}));
  puppet_.send("FIN_ACK", {{"last_seq", 3}});
  EXPECT_TRUE(done.get());
}

/// The Python program of PROTOCOL.md, run as it stands there.
TEST_F(Sdk, TheProbeInTheSpecificationWorksAsPrinted) {
  const std::string python = "/usr/bin/python3";  // Debian's own: python3-zmq belongs to it
  if (!run_command({.name = "python3", .argv = {python, "-c", "import zmq"}}).status.ok()) {
    FAIL() << "python3-zmq is not installed";
  }
  const std::string text = read_text(std::string(CANDOR_SOURCE_DIR) + "/probes/PROTOCOL.md");
  const std::string fence = "```python\n";
  const std::size_t begin = text.find(fence) + fence.size();
  write_file(folder_.path() / "hello.py",
             std::string_view(text).substr(begin, text.find("```", begin) - begin));
  start();
  const std::string script = (folder_.path() / "hello.py").string();
  must_run({.name = "python3", .argv = {python, script, collector_->endpoint()}});
  EXPECT_TRUE(account("hello").finished);
  EXPECT_EQ(account("hello").events, 1);
  EXPECT_EQ(account("hello").problem, "");
}

TEST(Protocol, IsTheSameOnBothSides) {
  EXPECT_EQ(collect::kProtocol, probe::kProtocol);
  EXPECT_EQ(collect::kMaxBody, probe::kMaxBody);
  EXPECT_STREQ(collect::reject::kNoHello, probe::reject::kNoHello);
  EXPECT_STREQ(collect::reject::kGap, probe::reject::kGap);
  EXPECT_NO_THROW(check_instance(probe::make_instance()));
}

}  // namespace
}  // namespace candor::collect
