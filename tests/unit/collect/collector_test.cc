// SPDX-License-Identifier: Apache-2.0
#include <SQLiteCpp/SQLiteCpp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "unit/collect/rig.h"

namespace candor::collect {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Collect : public Rig {
 protected:
  /// Rows of the view `events`, seen through a connection of our own.
  std::int64_t committed() {
    SQLite::Database other((folder_.path() / kStoreFile).string(), SQLite::OPEN_READONLY, 5000);
    return other.execAndGet("SELECT count(*) FROM events").getInt64();
  }
};

TEST_F(Collect, WelcomesAProbeWithItsCreditAndTheRun) {
  start();
  RawProbe probe(collector_->endpoint());
  const Json welcome = probe.hello("files");
  ASSERT_FALSE(welcome.is_null());
  EXPECT_EQ(int_member(welcome, "proto"), 1);
  EXPECT_EQ(string_member(welcome, "run"), "run-1");
  EXPECT_EQ(int_member(welcome, "resume_from"), 1);
  EXPECT_EQ(int_member(welcome, "credit"), settings().window);
  EXPECT_EQ(int_member(welcome, "heartbeat_ms"), 100);
  EXPECT_NO_THROW(run(collector_->wait_welcomed("files", in(5s))));
}

TEST_F(Collect, KeepsEventsWithEverythingTheySaid) {
  start();
  RawProbe probe(collector_->endpoint());
  const std::string instance = make_instance();
  probe.hello("files", instance);
  Json body = RawProbe::event_body(1);
  body["type"] = "never.heard-of/7";
  body["data"] = {{"path", "a\nb"}, {"deep", {{"list", {1, 2.5, nullptr}}}}};
  probe.send("EVENT", body);
  ASSERT_TRUE(probe.acknowledged(1));
  collector_->close();
  const auto events = stored("files");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].instance, instance);
  EXPECT_EQ(events[0].seq, 1);
  EXPECT_EQ(events[0].type, "never.heard-of/7");
  EXPECT_EQ(events[0].wall_ns, 10);
  EXPECT_EQ(events[0].mono_ns, 20);
  EXPECT_GT(events[0].received_ns, 0);
  EXPECT_EQ(events[0].data, body["data"]);
}

TEST_F(Collect, AcknowledgesOnlyWhatAnotherConnectionCanAlreadyRead) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("files");
  std::int64_t sent = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i <= round % 7; ++i) probe.event(++sent);
    const Json ack = probe.expect("ACK");
    ASSERT_FALSE(ack.is_null());
    ASSERT_GE(committed(), int_member(ack, "seq"));
  }
  EXPECT_TRUE(probe.acknowledged(sent));
}

TEST_F(Collect, ResumesAfterTheLastStoredEventAndStoresReplayedOnesOnce) {
  start();
  const std::string instance = make_instance();
  {
    RawProbe probe(collector_->endpoint());
    probe.hello("files", instance);
    for (int seq = 1; seq <= 3; ++seq) probe.event(seq);
    ASSERT_TRUE(probe.acknowledged(3));
  }
  RawProbe again(collector_->endpoint());
  const Json welcome = again.hello("files", instance);
  EXPECT_EQ(int_member(welcome, "resume_from"), 4);
  for (int seq = 2; seq <= 5; ++seq) again.event(seq);
  ASSERT_TRUE(again.acknowledged(5));
  again.fin(5);
  EXPECT_FALSE(again.expect("FIN_ACK").is_null());
  EXPECT_TRUE(account("files").finished);
  EXPECT_EQ(account("files").problem, "");
  collector_->close();
  EXPECT_EQ(stored("files").size(), 5U);
}

TEST_F(Collect, IgnoresAConnectionThatItsProbeHasLeft) {
  start();
  const std::string instance = make_instance();
  RawProbe old(collector_->endpoint());
  old.hello("files", instance);
  RawProbe fresh(collector_->endpoint());
  fresh.hello("files", instance);
  old.event(1);
  fresh.ping(0);
  ASSERT_FALSE(fresh.expect("PONG").is_null());
  EXPECT_EQ(account("files").events, 0);
  fresh.event(1);
  EXPECT_TRUE(fresh.acknowledged(1));
}

TEST_F(Collect, AsksAConnectionItDoesNotKnowForItsHello) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.event(17);
  EXPECT_EQ(probe.rejection(), "no-hello");
  EXPECT_FALSE(probe.hello("files").is_null());
}

TEST_F(Collect, DoesNotTakeAFinForAllWhenEventsAreMissing) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("files");
  probe.event(1);
  probe.event(2);
  probe.fin(5);
  EXPECT_EQ(probe.rejection(), "gap");
  const auto found = account("files");
  EXPECT_FALSE(found.finished);
  EXPECT_EQ(found.events, 2);
  EXPECT_EQ(found.missing, 3);
  collector_->close();
  const std::vector<std::string> names{"files"};
  EXPECT_THAT(read_accounts(collector_->file(), names).at(0).problem, HasSubstr("did not finish"));
}

TEST_F(Collect, TakesTheMissingEventsAfterAGap) {
  start();
  const std::string instance = make_instance();
  RawProbe probe(collector_->endpoint());
  probe.hello("files", instance);
  probe.event(1);
  probe.event(3);
  EXPECT_EQ(probe.rejection(), "gap");
  EXPECT_EQ(account("files").missing, 2);
  EXPECT_EQ(int_member(probe.hello("files", instance), "resume_from"), 2);
  probe.event(2);
  probe.event(3);
  probe.fin(3);
  EXPECT_FALSE(probe.expect("FIN_ACK").is_null());
  EXPECT_EQ(account("files").missing, 0);
}

TEST_F(Collect, AnswersPingAndKeepsWhatTheProbeLost) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("files");
  probe.ping(4, 7);
  const Json pong = probe.expect("PONG");
  ASSERT_FALSE(pong.is_null());
  EXPECT_EQ(int_member(pong, "sent_ns"), 5);
  EXPECT_GE(int_member(pong, "replied_ns"), int_member(pong, "received_ns"));
  EXPECT_EQ(account("files").dropped, 7);
  EXPECT_EQ(account("files").missing, 4);
}

TEST_F(Collect, NotesAProbeThatFallsSilent) {
  Settings quick = settings();
  quick.silence = 300ms;
  start(quick);
  RawProbe probe(collector_->endpoint());
  probe.hello("files");
  EXPECT_TRUE(eventually([&] { return account("files").problem == "it was silent for more than 300 ms"; }));
  io_.poll();
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_EQ(problems_[0].probe, "files");
}

TEST_F(Collect, NotesAProbeWhoseConnectionIsLostWithoutFin) {
  Settings quick = settings();
  quick.absence = 200ms;
  start(quick);
  auto probe = std::make_unique<RawProbe>(collector_->endpoint());
  probe->hello("files");
  probe.reset();
  EXPECT_TRUE(eventually(
      [&] { return account("files").problem == "its connection was lost and did not come back"; }));
  EXPECT_FALSE(run(collector_->finish("files", in(5s))));
}

TEST_F(Collect, FindsNothingWrongWithAProbeThatLeavesAfterItsFin) {
  Settings quick = settings();
  quick.absence = 50ms;
  quick.silence = 200ms;
  start(quick);
  {
    RawProbe probe(collector_->endpoint());
    probe.hello("files");
    probe.fin(0);
    ASSERT_FALSE(probe.expect("FIN_ACK").is_null());
  }
  std::this_thread::sleep_for(500ms);  // longer than both limits
  EXPECT_EQ(account("files").problem, "");
  EXPECT_TRUE(account("files").finished);
}

TEST_F(Collect, HasARecordCommittedWhenItReturns) {
  start();
  for (int i = 1; i <= 20; ++i) {
    collector_->record("run.step/1", {{"index", i}});
    ASSERT_EQ(committed(), i);
  }
  collector_->close();
  EXPECT_EQ(stored(kRunner).size(), 20U);
  EXPECT_TRUE(account(kRunner).finished);
}

TEST_F(Collect, AnswersARecordWithAnErrorWhenTheDiskIsFullAndAcknowledgesNothing) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("files");
  probe.event(1);
  ASSERT_TRUE(probe.acknowledged(1));

  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full = {8192, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  const std::string thrown = message_of([&] {
    collector_->record("run.step/1", {{"text", std::string(50'000, 'x')}});
  });
  probe.event(2);
  const std::string code = probe.rejection();
  setrlimit(RLIMIT_FSIZE, &before);

  EXPECT_THAT(thrown, HasSubstr("the collector cannot store events"));
  EXPECT_EQ(code, "store");
  EXPECT_THAT(account("files").problem, HasSubstr("cannot store"));
  EXPECT_THAT(message_of([&] { run(collector_->finish("files", in(5s))); }), HasSubstr("cannot store"));
  EXPECT_THAT(message_of([&] {
                run(collector_->wait_event(
                    "", [](const auto&) { return false; }, in(5s)));
              }),
              HasSubstr("cannot store"));
  io_.poll();
  ASSERT_FALSE(problems_.empty());
  EXPECT_EQ(problems_[0].probe, "");
  EXPECT_THAT(message_of([&] { collector_->close(); }), HasSubstr("cannot store"));
  collector_.reset();
  EXPECT_EQ(stored("files").size(), 1U);
  const std::vector<std::string> names{"files"};
  EXPECT_THAT(read_accounts(folder_.path() / kStoreFile, names).at(0).problem, HasSubstr("broke off"));
}

TEST_F(Collect, FindsAnEventThatIsStoredAlready) {
  start();
  for (int i = 0; i < 600; ++i) collector_->record("run.step/1", {{"index", i}});
  const auto found = run(collector_->wait_event(
      "run.step/1", [](const model::Event& event) { return int_member(event.data, "index") == 555; },
      in(5s)));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->seq, 556);
}

TEST_F(Collect, FindsAnEventThatComesWhileItWaits) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("files");
  std::thread later([&] {
    for (int seq = 1; seq <= 50; ++seq) probe.event(seq);
  });
  const auto found = run(collector_->wait_event(
      "", [](const model::Event& event) { return event.probe == "files" && event.seq == 50; }, in(5s)));
  later.join();
  EXPECT_TRUE(found);
}

TEST_F(Collect, StopsWaitingForAnEventAtTheDeadline) {
  start();
  collector_->record("run.step/1", {{"index", 1}});
  EXPECT_FALSE(run(collector_->wait_event(
      "run.step/1", [](const auto&) { return false; }, in(100ms))));
  EXPECT_FALSE(run(collector_->wait_event(
      "no.such/1", [](const auto&) { return true; }, in(100ms))));
}

TEST_F(Collect, HandsOnWhatAPredicateThrows) {
  start();
  collector_->record("run.step/1", {{"index", 1}});
  EXPECT_THAT(message_of([&] {
                run(collector_->wait_event(
                    "", [](const model::Event& event) { return bool_member(event.data, "absent"); }, in(5s)));
              }),
              HasSubstr("'absent' is missing"));
}

TEST_F(Collect, HandsEveryEventToASubscriberOnceAndInOrder) {
  start();
  for (int i = 1; i <= 700; ++i) collector_->record("run.step/1", {{"index", i}});
  std::vector<std::int64_t> seen;
  Subscription held =
      collector_->subscribe("", [&](const model::Event& event) { seen.push_back(event.seq); });
  for (int i = 701; i <= 1000; ++i) collector_->record("run.step/1", {{"index", i}});
  ASSERT_TRUE(eventually([&] { return io_.restart(), io_.poll(), seen.size() >= 1000; }));
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], static_cast<std::int64_t>(i) + 1);
  held = {};
  collector_->record("run.step/1", {{"index", 1001}});
  io_.restart();
  io_.poll();
  EXPECT_EQ(seen.size(), 1000U);
}

TEST_F(Collect, SaysWhichProbeDidNotConnectInTime) {
  start();
  EXPECT_THAT(message_of([&] { run(collector_->wait_welcomed("wire", in(100ms))); }),
              HasSubstr("probe 'wire': it did not connect in time"));
}

TEST_F(Collect, TellsAWaiterThatItWasClosed) {
  start();
  std::thread closer([&] {
    std::this_thread::sleep_for(50ms);
    collector_->close();
  });
  EXPECT_THAT(message_of([&] { run(collector_->wait_welcomed("wire", in(5s))); }), HasSubstr("was closed"));
  closer.join();
}

TEST_F(Collect, GivesTheSameAccountsFromTheFileAfterItIsClosed) {
  start();
  RawProbe good(collector_->endpoint());
  RawProbe bad(collector_->endpoint());
  good.hello("wire");
  bad.hello("files");
  good.event(1);
  good.fin(1, 3);
  ASSERT_FALSE(good.expect("FIN_ACK").is_null());
  bad.send_frames({"EVENT", "{"});
  EXPECT_EQ(bad.rejection(), "malformed");
  collector_->record("run.step/1", {{"index", 1}});
  collector_->close();
  const std::vector<std::string> names{"wire", "files", "absent", kRunner};
  const auto live = collector_->accounts(names);
  const auto filed = read_accounts(collector_->file(), names);
  ASSERT_EQ(live.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(live[i].problem, filed[i].problem);
    EXPECT_EQ(live[i].finished, filed[i].finished);
    EXPECT_EQ(live[i].events, filed[i].events);
  }
  EXPECT_TRUE(filed[0].finished);
  EXPECT_EQ(filed[0].dropped, 3);
  EXPECT_EQ(filed[0].problem, "");
  EXPECT_THAT(filed[1].problem, HasSubstr("broke the protocol"));
  EXPECT_FALSE(filed[1].finished);
  EXPECT_EQ(filed[2].problem, "it never connected");
  EXPECT_FALSE(filed[2].welcomed);
  EXPECT_TRUE(filed[3].finished);
}

TEST_F(Collect, LeavesOneFileThatTakesNoMoreEvents) {
  start();
  collector_->record("run.step/1", {{"index", 1}});
  collector_->close();
  EXPECT_THAT(message_of([&] { collector_->record("run.step/1", {{"index", 2}}); }), HasSubstr("was closed"));
  collector_.reset();
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "events.sqlite-wal"));
  EXPECT_THAT(message_of([&] { start(); }),
              AllOf(HasSubstr("events.sqlite"), HasSubstr("takes no more events")));
}

TEST_F(Collect, RefusesTheFileOfAnotherRun) {
  start();
  collector_.reset();
  Settings other = settings();
  other.run = "run-2";
  EXPECT_THAT(message_of([&] { start(other); }), HasSubstr("belongs to the run 'run-1', not to 'run-2'"));
}

TEST_F(Collect, RefusesASocketPathThatTheKernelWouldCut) {
  Settings deep = settings();
  deep.socket = folder_.path() / std::string(120, 'x');
  EXPECT_THAT(message_of([&] { start(deep); }), HasSubstr("a socket's can have 107"));
}

TEST_F(Collect, RefusesASocketInAFolderOthersCanEnter) {
  chmod(folder_.path().c_str(), 0755);
  EXPECT_THAT(message_of([&] { start(); }), HasSubstr("must be ours, mode 0700"));
}

TEST_F(Collect, PutsAllProcessesOfANameOnOneAccount) {
  Settings quick = settings();
  quick.absence = 100ms;
  start(quick);
  {
    RawProbe first(collector_->endpoint());
    first.hello("wire");
    first.event(1);
    ASSERT_TRUE(first.acknowledged(1));
  }
  ASSERT_TRUE(eventually([&] { return !account("wire").problem.empty(); }));
  RawProbe second(collector_->endpoint());
  ASSERT_FALSE(second.hello("wire").is_null());
  second.event(1);
  second.fin(1);
  ASSERT_FALSE(second.expect("FIN_ACK").is_null());
  const auto found = account("wire");
  EXPECT_EQ(found.events, 2);
  EXPECT_FALSE(found.finished);  // the first one never did
}

}  // namespace
}  // namespace candor::collect
