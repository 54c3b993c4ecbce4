// SPDX-License-Identifier: Apache-2.0
// What the relay refuses, without any network: real connections are in tests/e2e/relay.
#include "relay/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "base/error.h"
#include "relay/event_types.h"

namespace candor::relay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct RelayTest : testing::Test {
  void start(std::vector<NamedHost> allowed, Limits limits = {}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    asker.reset(ends[0]);
    relay = std::make_unique<Relay>(
        io.get_executor(), UniqueFd(ends[1]), std::move(allowed),
        [this](const std::string& type, Json data) { events.emplace_back(type, std::move(data)); }, limits);
    relay->start();
  }
  std::vector<Json> of(const std::string& type) {
    std::vector<Json> found;
    for (const auto& [each, data] : events)
      if (each == type) found.push_back(data);
    return found;
  }
  /// The next answer; nothing within five seconds is an id of -1.
  Answer answer() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    std::string message;
    UniqueFd with;
    while (std::chrono::steady_clock::now() < deadline) {
      if (receive(asker.get(), message, with) == Received::message)
        return parse_answer(as_bytes(message), std::move(with));
      io.restart();
      io.run_one_for(std::chrono::milliseconds(50));
    }
    return {.id = -1};
  }
  Answer ask(const std::string& text) {
    EXPECT_TRUE(send(asker.get(), text));
    return answer();
  }
  Answer ask(const std::string& host, std::uint16_t port) { return ask(to_text(Request{3, host, port})); }

  asio::io_context io{1};
  std::vector<std::pair<std::string, Json>> events;
  UniqueFd asker;
  std::unique_ptr<Relay> relay;
};

TEST_F(RelayTest, RefusesEveryHostThatIsNotNamedAndTellsItLooksUpNone) {
  start({{"cloud.example", 443}});
  for (const auto& [host, port] :
       std::vector<std::pair<std::string, std::uint16_t>>{{"other.example", 443},
                                                          {"cloud.example", 80},
                                                          {"www.cloud.example", 443},
                                                          {"example", 443},
                                                          {"203.0.113.9", 443},
                                                          {"127.0.0.1", 443},
                                                          {"cloud.example\n", 443},
                                                          {"*", 443},
                                                          {"", 443}}) {
    const Answer refused = ask(host, port);
    EXPECT_EQ(refused.id, 3);
    EXPECT_THAT(refused.refused, HasSubstr("is not among the hosts that are passed through")) << host;
    EXPECT_FALSE(refused.socket);
  }
  EXPECT_THAT(of(event::kRefused), SizeIs(9));
  EXPECT_THAT(of(event::kOpened), IsEmpty());
}

TEST_F(RelayTest, AnswersWhatIsNoRequestWithASentenceAndGoesOn) {
  start({{"127.0.0.1", 443}});
  EXPECT_THAT(ask("{").refused, HasSubstr("no request: "));
  EXPECT_THAT(ask(std::string(50'000, 'a')).refused, HasSubstr("no request: "));
  EXPECT_EQ(ask(R"({"connect": {"id": 9, "host": "a.example", "port": 99999}})").id, 0);
  EXPECT_THAT(ask("127.0.0.1", 443).refused,
              HasSubstr("leads to no address of the public internet, but to 127.0.0.1"));
}

TEST_F(RelayTest, ReachesNoAddressOfThisMachineWhateverANameLeadsTo) {
  start({{"127.0.0.1", 0}, {"::1", 0}, {"10.0.0.1", 0}, {"169.254.169.254", 80}});
  for (const char* host : {"127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"}) {
    EXPECT_THAT(ask(host, 80).refused, HasSubstr("leads to no address of the public internet")) << host;
  }
  for (const Json& closed : of(event::kClosed)) {
    EXPECT_EQ(closed["ended"], "failed");
    EXPECT_EQ(closed["sent"], 0);
    EXPECT_EQ(closed["address"], "");
  }
  EXPECT_THAT(of(event::kClosed), SizeIs(4));
}

TEST_F(RelayTest, ReportsAFloodOfRefusalsUpToABoundAndCountsTheRest) {
  start({{"cloud.example", 443}}, {.refusals = 5});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask("other.example", 443).id, 3);
  EXPECT_THAT(of(event::kRefused), SizeIs(5));
  EXPECT_EQ(relay->totals()["refused"], 50);
}

TEST_F(RelayTest, AsksNoMoreOfWhoTakesNoAnswers) {
  start({{"cloud.example", 443}});
  const std::string request = to_text(Request{3, "other.example", 443});
  int taken = 0;
  for (int idle = 0; idle < 3;) {
    if (send(asker.get(), request)) {
      ++taken;
      idle = 0;
    } else {
      io.restart();
      io.run_for(std::chrono::milliseconds(20));
      ++idle;
    }
    ASSERT_LT(taken, 100'000) << "requests are taken without end";
  }
  EXPECT_EQ(answer().id, 3) << "and it goes on once they are taken";
}

TEST_F(RelayTest, LivesThroughTheEndOfTheSealedSide) {
  start({{"cloud.example", 443}});
  asker.reset();
  io.run_for(std::chrono::milliseconds(100));
  bool finished = false;
  asio::co_spawn(io, relay->finish(),
                 [&](const std::exception_ptr& thrown) { finished = thrown == nullptr; });
  io.restart();
  io.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace candor::relay
