// SPDX-License-Identifier: Apache-2.0
//
// Probes that break the rules: each is told why and marked, and an honest probe beside it loses nothing.
#include "unit/collect/rig.h"

#include <fstream>

namespace candor::collect {
namespace {

using ::testing::HasSubstr;

class Hostile : public Rig {
 protected:
  void SetUp() override {
    Settings quick = settings();
    quick.absence = 300ms;
    quick.window = 64;
    start(quick);
    honest_ = std::make_unique<RawProbe>(collector_->endpoint());
    ASSERT_FALSE(honest_->hello("honest").is_null());
    honest_->event(1);
    ASSERT_TRUE(honest_->acknowledged(1));
    bad_ = std::make_unique<RawProbe>(collector_->endpoint());
  }
  void TearDown() override {
    honest_->event(2);
    honest_->fin(2);
    EXPECT_FALSE(honest_->expect("FIN_ACK").is_null());
    EXPECT_TRUE(account("honest").finished);
    EXPECT_EQ(account("honest").events, 2);
  }
  void hello() { ASSERT_FALSE(bad_->hello("bad").is_null()); }
  /// Whether the account of "bad" says it broke the protocol, and how.
  void expect_broken(const std::string& how) {
    const auto found = account("bad");
    EXPECT_FALSE(found.finished);
    EXPECT_THAT(found.problem, HasSubstr("it broke the protocol"));
    EXPECT_THAT(found.problem, HasSubstr(how));
  }
  /// The code of the answer to a HELLO with one member changed.
  std::string answer_to_hello(const char* key, const Json& value) {
    RawProbe probe(collector_->endpoint());
    Json body = RawProbe::hello_body("bad", make_instance());
    if (value.is_null()) {
      body.erase(key);
    } else {
      body[key] = value;
    }
    probe.send("HELLO", body);
    return probe.rejection();
  }

  std::unique_ptr<RawProbe> honest_;
  std::unique_ptr<RawProbe> bad_;
};

TEST_F(Hostile, ABodyOverTheLimitIsRefused) {
  hello();
  bad_->send_frames({"EVENT", std::string(kMaxBody + 1, ' ')});
  EXPECT_EQ(bad_->rejection(), "too-large");
  expect_broken("over the limit");
}

TEST_F(Hostile, AFrameFarOverTheLimitCostsTheConnection) {
  hello();
  bad_->send_frames({"EVENT", std::string(8U << 20, ' ')});
  EXPECT_TRUE(eventually([&] { return !account("bad").problem.empty(); }));
}

TEST_F(Hostile, MalformedMessagesAreRefused) {
  const std::vector<std::vector<std::string>> messages = {
      {"EVENT"},
      {"EVENT", "{}", "blob"},
      {"EVENT", "{}", "blob", "blob", "blob", "blob"},
      {"EVENT", "not json"},
      {"EVENT", "[]"},
      {"EVENT", "{}"},
      {"EVENT", "\xff\xfe"},
      {"EVENT", R"({"seq":1,"seq":1,"type":"a.b/1","wall_ns":1,"mono_ns":1,"data":{}})"},
      {"EVENT", R"({"seq":0,"type":"a.b/1","wall_ns":1,"mono_ns":1,"data":{}})"},
      {"EVENT", R"({"seq":-1,"type":"a.b/1","wall_ns":1,"mono_ns":1,"data":{}})"},
      {"EVENT", R"({"seq":18446744073709551615,"type":"a.b/1","wall_ns":1,"mono_ns":1,"data":{}})"},
      {"EVENT", R"({"seq":1,"type":"no type","wall_ns":1,"mono_ns":1,"data":{}})"},
      {"EVENT", R"({"seq":1,"type":"a.b/1","wall_ns":1,"mono_ns":1,"data":[1]})"},
      {"EVENT", R"({"seq":1,"type":"a.b/1","wall_ns":1,"mono_ns":1,"data":)" + std::string(60'000, '[')},
      {"PING", R"({"sent_ns":1,"last_seq":-3,"queued":0,"dropped":0})"},
      {"FIN", R"({"last_seq":"3","dropped":0})"},
      {"DONE", "{}"},
      {"WELCOME", "{}"},
      {"", ""},
  };
  for (std::size_t i = 0; i < messages.size(); ++i) {
    RawProbe probe(collector_->endpoint());
    const std::string name = "bad-" + std::to_string(i);
    ASSERT_FALSE(probe.hello(name).is_null());
    probe.send_frames(messages[i]);
    EXPECT_EQ(probe.rejection(), "malformed") << i;
    EXPECT_THAT(account(name).problem, HasSubstr("it broke the protocol")) << i;
    EXPECT_EQ(account(name).events, 0) << i;
  }
}

TEST_F(Hostile, AWrongHelloIsRefusedWithTheReason) {
  EXPECT_EQ(answer_to_hello("proto_min", 2), "protocol");
  EXPECT_EQ(answer_to_hello("proto_max", 0), "protocol");
  EXPECT_EQ(answer_to_hello("encodings", Json::array({"cbor"})), "protocol");
  EXPECT_EQ(answer_to_hello("name", "No Name"), "name");
  EXPECT_EQ(answer_to_hello("name", std::string(33, 'a')), "name");
  EXPECT_EQ(answer_to_hello("name", "runner"), "name");
  EXPECT_EQ(answer_to_hello("instance", "1"), "malformed");
  EXPECT_EQ(answer_to_hello("instance", nullptr), "malformed");
  EXPECT_EQ(answer_to_hello("event_types", Json::array({"nonsense"})), "malformed");
  EXPECT_THAT(account("bad").problem, HasSubstr("this collector speaks 1"));
  EXPECT_FALSE(account("bad").welcomed);
}

TEST_F(Hostile, ASecondProcessOfALivingNameIsRefusedAndNoted) {
  EXPECT_TRUE(bad_->hello("bad").is_object());
  RawProbe second(collector_->endpoint());
  second.send("HELLO", RawProbe::hello_body("bad", make_instance()));
  EXPECT_EQ(second.rejection(), "name-taken");
  EXPECT_THAT(account("bad").problem, HasSubstr("already there"));
  bad_->event(1);
  EXPECT_TRUE(bad_->acknowledged(1));
}

TEST_F(Hostile, AnInstanceIdCannotBeUsedUnderAnotherName) {
  const std::string instance = make_instance();
  ASSERT_FALSE(bad_->hello("bad", instance).is_null());
  RawProbe liar(collector_->endpoint());
  liar.send("HELLO", RawProbe::hello_body("honest-too", instance));
  EXPECT_EQ(liar.rejection(), "identity");
  EXPECT_THAT(account("bad").problem, HasSubstr("another probe used its instance id"));
}

TEST_F(Hostile, ASecondHelloOnOneConnectionIsRefused) {
  hello();
  bad_->send("HELLO", RawProbe::hello_body("bad", make_instance()));
  EXPECT_EQ(bad_->rejection(), "malformed");
  expect_broken("HELLO twice");
}

TEST_F(Hostile, OneWhoBrokeTheProtocolIsNotWelcomedAgain) {
  const std::string instance = make_instance();
  ASSERT_FALSE(bad_->hello("bad", instance).is_null());
  bad_->send_frames({"EVENT", "?"});
  EXPECT_EQ(bad_->rejection(), "malformed");
  RawProbe again(collector_->endpoint());
  again.send("HELLO", RawProbe::hello_body("bad", instance));
  EXPECT_EQ(again.rejection(), "broken");
}

TEST_F(Hostile, EventsBeyondTheCreditAreRefused) {
  hello();
  for (int seq = 1; seq <= 20'000; ++seq) bad_->event(seq);
  EXPECT_EQ(bad_->rejection(), "credit");
  expect_broken("with credit up to");
  EXPECT_LT(account("bad").events, 20'000);
}

TEST_F(Hostile, GapsWithoutEndAreRefused) {
  const std::string instance = make_instance();
  std::string code = "gap";
  for (int i = 0; i < 20 && code == "gap"; ++i) {
    ASSERT_FALSE(bad_->hello("bad", instance).is_null());
    bad_->event(5);
    code = bad_->rejection();
  }
  EXPECT_EQ(code, "sequence");
  expect_broken("never sends event 1");
  EXPECT_EQ(account("bad").missing, 5);
}

TEST_F(Hostile, AFinBelowWhatIsStoredIsRefused) {
  hello();
  bad_->event(1);
  bad_->event(2);
  bad_->fin(1);
  EXPECT_EQ(bad_->rejection(), "sequence");
  expect_broken("2 are stored");
}

TEST_F(Hostile, AnEventAfterFinTakesTheFinBack) {
  hello();
  bad_->event(1);
  bad_->fin(1);
  ASSERT_FALSE(bad_->expect("FIN_ACK").is_null());
  bad_->event(2);
  EXPECT_EQ(bad_->rejection(), "after-fin");
  expect_broken("after its FIN");
}

TEST_F(Hostile, MessagesThatCreditDoesNotBoundAreLimitedInRate) {
  hello();
  for (int i = 0; i < 2000; ++i) bad_->ping(0);
  EXPECT_EQ(bad_->rejection(), "rate");
  expect_broken("messages a second");
}

TEST_F(Hostile, AnswersNobodyAskedForAreLimitedToo) {
  hello();
  for (int i = 0; i < 2000; ++i) bad_->send("DONE", {{"id", i}, {"error", ""}, {"result", nullptr}});
  EXPECT_EQ(bad_->rejection(), "rate");
}

std::int64_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return 0;
}

TEST_F(Hostile, AFloodFillsNoMemory) {
  hello();
  bad_->socket().set(zmq::sockopt::sndtimeo, 2000);
  const std::int64_t before = resident_kib();
  const std::string body = dump_json(RawProbe::event_body(9999)) + std::string(100'000, ' ');
  for (int i = 0; i < 5000; ++i) bad_->send_frames({"EVENT", body});  // 500 MB
  EXPECT_FALSE(bad_->rejection().empty());
  EXPECT_LT(resident_kib() - before, 250 * 1024);
}

TEST_F(Hostile, StrangersWithoutHelloAreToldOnceAndKeepNothing) {
  for (int i = 0; i < 1000; ++i) bad_->send_frames({"noise", "noise"});
  EXPECT_EQ(bad_->rejection(), "no-hello");
  EXPECT_FALSE(bad_->receive(200ms));
}

TEST_F(Hostile, MoreProbesThanARunCanHaveAreRefused) {
  std::string code;
  for (std::size_t i = 0; i < kMaxInstances + 1; ++i) {
    bad_->send("HELLO", RawProbe::hello_body("bad-" + std::to_string(i), make_instance()));
    const auto answer = bad_->receive(5s);
    ASSERT_TRUE(answer);
    if (answer->first == "REJECT") {
      code = string_member(answer->second, "code");
      break;
    }
    bad_ = std::make_unique<RawProbe>(collector_->endpoint());
  }
  EXPECT_EQ(code, "full");
}

}  // namespace
}  // namespace candor::collect
