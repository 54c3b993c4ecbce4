// SPDX-License-Identifier: Apache-2.0
// Sessions that are passed through, with the test in the relay's place.
#include "internet/passed_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>

#include "conversation_rig.h"
#include "internet/session.h"

namespace candor::internet {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const std::string kRequest = "POST /up HTTP/1.1\r\nHost: server.example\r\nContent-Length: 6\r\n\r\nsecret";

struct Passed : testing::Test {
  Passed() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    control.reset(ends[0]);
    rig.services.relay = std::make_unique<RelayClient>(
        io.get_executor(), UniqueFd(ends[1]),
        std::vector<NamedHost>{{"server.example", 80}, {"server.example", 25}, {"named.example", 443}},
        Trust({}));
  }
  ~Passed() override {
    talking.reset();
    rig.services.relay.reset();
    turn();
  }
  void turn() {
    io.restart();
    io.run_for(std::chrono::milliseconds(30));
  }
  Session& session(std::uint16_t port, const std::string& name = "server.example") {
    Start start = start_at(rig, port);
    start.route.name = name;
    start.wake = [this] { ++woken; };
    talking = std::make_unique<Session>(start);
    return *talking;
  }
  /// What the session asked the relay for, or an empty host.
  relay::Request asked() {
    turn();
    std::string message;
    if (relay::receive(control.get(), message) != relay::Received::message) return {};
    return relay::parse_request(as_bytes(message));
  }
  void connect(std::int64_t id) {
    auto [ours, theirs] = socket_pair();
    host = std::move(ours);
    EXPECT_TRUE(
        relay::send(control.get(), to_text(relay::Answer{.id = id, .address = "203.0.113.9"}), theirs.get()));
    theirs.reset();
    turn();
  }
  /// What has arrived at the host; "<end>" behind it at the connection's end.
  std::string heard() {
    turn();
    std::string all;
    std::array<char, 65536> buffer{};
    while (true) {
      const ssize_t size = ::recv(host.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0) return size == 0 ? all + "<end>" : all;
      all.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  void say(std::string_view text) {
    write_all(host.get(), as_bytes(text));
    turn();
  }
  std::string told() {
    std::string all;
    while (talking->due() && *talking->due() <= monotonic_ns()) {
      talking->speak(monotonic_ns());
      all += talking->take_output();
    }
    return all;
  }
  Json end(const std::string& how = "eof") {
    talking->finish(how, {});
    return rig.reporter.of(event::kStream).back();
  }
  std::string content(const Json& stream) {
    return read_text(rig.services.streams / stream.at("sha256").get<std::string>());
  }

  asio::io_context io{1};
  Rig rig;
  UniqueFd control;
  UniqueFd host;
  std::unique_ptr<Session> talking;
  int woken = 0;
};

TEST_F(Passed, WhatTheGuestSaysReachesTheHostAndWhatThatAnswersTheGuest) {
  session(80).receive(as_bytes(kRequest));
  EXPECT_THAT(talking->take_output(), IsEmpty()) << "nobody here answers";
  const relay::Request request = asked();
  EXPECT_EQ(request.host, "server.example");
  EXPECT_EQ(request.port, 80);
  connect(request.id);
  EXPECT_EQ(heard(), kRequest);
  say("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_GT(woken, 0);
  EXPECT_THAT(told(), EndsWith("\r\n\r\nok"));
  const Json stream = end();
  EXPECT_EQ(content(stream), kRequest);
  EXPECT_EQ(stream["protocol"], "http/1.1");
  EXPECT_EQ(stream["passed_to"], "server.example:80");
  const Json web = rig.reporter.of(event::kRequest).at(0);
  EXPECT_EQ(web["rule"], "passed through");
  const Json passage = rig.reporter.of(event::kPassage).at(0);
  EXPECT_EQ(passage["written"], kRequest.size());
  EXPECT_EQ(passage["sent"], kRequest.size());
  EXPECT_EQ(passage["problem"], "");
  EXPECT_THAT(heard(), EndsWith("<end>"));
}

TEST_F(Passed, OtherHostsAndPortsAreSimulatedAndTheRelayHearsNothing) {
  for (const auto& [name, port] : std::vector<std::pair<std::string, std::uint16_t>>{
           {"other.example", 80}, {"server.example", 8080}, {"www.server.example", 80}, {"", 80}}) {
    Session& other = session(port, name);
    // A Host field alone leads nowhere: the name the address was given out for decides.
    other.receive(as_bytes("GET / HTTP/1.1\r\nHost: server.example\r\n\r\n"));
    EXPECT_THAT(other.take_output(), HasSubstr("200 OK")) << name << ':' << port;
    EXPECT_EQ(asked().host, "");
  }
}

TEST_F(Passed, NothingMeantForAnotherHostIsSent) {
  for (const std::string& wrong : std::vector<std::string>{
           std::string("\x05\x01\x00", 3), "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n",
           "GET http://other.example/ HTTP/1.1\r\nHost: server.example\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: server.example\r\nHost: other.example\r\n\r\n",
           "CONNECT other.example:443 HTTP/1.1\r\nHost: server.example\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: server.example\r\nConnection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: "
           "AAMAAABk\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: server.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "FEAT\r\n",
           "\r\nGET / HTTP/1.1\r\nHost: other.example\r\n\r\n", "GET / HTTP/1.1\nHost: other.example\n\n"}) {
    session(80).receive(as_bytes(wrong));
    const relay::Request request = asked();
    if (request.id != 0) {
      connect(request.id);
      EXPECT_EQ(heard(), "<end>") << wrong;
    }
    (void)talking->take_output();
    EXPECT_TRUE(talking->closing()) << wrong;
    const Json stream = end();
    EXPECT_EQ(content(stream), wrong) << "it is kept all the same";
    EXPECT_THAT(stream["detail"].get<std::string>(), HasSubstr("not passed on to server.example:80: "))
        << wrong;
    EXPECT_THAT(rig.reporter.of(event::kPassage).back()["problem"].get<std::string>(),
                HasSubstr("not passed on"));
  }
}

TEST_F(Passed, WhatIsNotRecognisedIsSentUnlessItNamesHttp) {
  session(80).receive(as_bytes("\r\nunknown "));
  connect(asked().id);
  talking->receive(as_bytes("words, HT"));
  EXPECT_EQ(heard(), "\r\nunknown words, HT");
  talking->receive(as_bytes("TP/1.1\nHost: other.example\n\n"));
  EXPECT_EQ(heard(), "<end>");
  const Json stream = end();
  EXPECT_THAT(stream["detail"].get<std::string>(), HasSubstr("HTTP that cannot be followed"));
  EXPECT_THAT(content(stream), EndsWith("TP/1.1\nHost: other.example\n\n"));
}

TEST_F(Passed, ASecondRequestForAnotherHostEndsTheConnection) {
  session(80).receive(as_bytes(kRequest));
  connect(asked().id);
  EXPECT_EQ(heard(), kRequest);
  talking->receive(as_bytes("GET / HTTP/1.1\r\nHost: other.ex"));
  talking->receive(as_bytes("ample\r\n\r\n"));
  EXPECT_THAT(heard(), Not(HasSubstr("ample\r\n"))) << "a request without its end asks for nothing";
  EXPECT_TRUE(talking->closing());
}

TEST_F(Passed, WhatCannotBeKeptIsNotSent) {
  rig.services.streams = rig.folder.path() / "missing";
  session(80).receive(as_bytes(kRequest));
  EXPECT_TRUE(talking->failed());
  connect(asked().id);
  EXPECT_THAT(heard(), IsEmpty());
  talking->finish("error", {});
  EXPECT_EQ(heard(), "<end>");
}

TEST_F(Passed, AHostThatCannotBeReachedClosesTheConnectionAndIsToldWhy) {
  session(80).receive(as_bytes(kRequest));
  EXPECT_TRUE(
      relay::send(control.get(), to_text(relay::Answer{.id = asked().id, .refused = "no route to host"})));
  turn();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(talking->closing());
  EXPECT_EQ(end()["detail"], "no route to host");
  EXPECT_EQ(rig.reporter.of(event::kPassage).at(0)["problem"], "no route to host");
}

TEST_F(Passed, TheRelaysDeathClosesTheConnection) {
  session(80).receive(as_bytes(kRequest));
  (void)asked();
  control.reset();
  turn();
  (void)told();
  EXPECT_TRUE(talking->closing());
  session(80).receive(as_bytes(kRequest));
  turn();
  (void)told();
  EXPECT_TRUE(talking->closing()) << "also of later ones";
  EXPECT_EQ(end()["detail"], "the relay is gone");
}

TEST_F(Passed, AHostThatTakesNothingHoldsTheGuestBack) {
  Session& upload = session(80);
  upload.receive(as_bytes("POST /up HTTP/1.1\r\nHost: server.example\r\nContent-Length: 9000000\r\n\r\n"));
  connect(asked().id);
  const std::string piece(32U << 10, 'x');
  std::size_t given = 0;
  while (!upload.full() && given < 9'000'000) {
    upload.receive(as_bytes(piece));
    given += piece.size();
    turn();
  }
  EXPECT_LT(given, 4'000'000U);
  woken = 0;
  std::size_t arrived = 0;
  while (arrived < given) {
    const std::size_t more = heard().size();
    ASSERT_GT(more, 0U) << arrived << " of " << given;
    arrived += more;
  }
  EXPECT_FALSE(upload.full());
  EXPECT_GT(woken, 0) << "and it is told when there is room";
}

TEST_F(Passed, AHostThatSendsWithoutEndIsReadNoFasterThanTheGuestTakesIt) {
  session(80).receive(as_bytes(kRequest));
  connect(asked().id);
  const std::string piece(32U << 10, 'y');
  std::size_t sent = 0;
  for (int idle = 0; idle < 2 && sent < 20'000'000;) {
    const ssize_t size = ::send(host.get(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) {
      sent += static_cast<std::size_t>(size);
      idle = 0;
    } else {
      ++idle;
      turn();
    }
  }
  EXPECT_LT(sent, 4'000'000U) << "the host is not held back";
  talking->speak(monotonic_ns());
  EXPECT_LE(talking->take_output().size(), 64U << 10);
}

TEST_F(Passed, AServerThatSpeaksFirstIsAskedAfterSilence) {
  session(25);
  EXPECT_EQ(asked().host, "");
  talking->speak(talking->due().value());
  connect(asked().id);
  say("220 real.example\r\n");
  EXPECT_EQ(told(), "220 real.example\r\n");
  talking->receive(as_bytes("EHLO me\r\n"));
  EXPECT_EQ(heard(), "EHLO me\r\n");
  talking->receive(as_bytes("STARTTLS\r\n"));
  EXPECT_EQ(heard(), "<end>") << "what follows could not be followed";
}

TEST_F(Passed, ASilentGuestWhereTlsIsUsualReachesNobody) {
  EXPECT_FALSE(session(443, "named.example").due().has_value());
  EXPECT_EQ(asked().host, "");
}

TEST_F(Passed, TheEndOfTheGuestIsPassedOnAndItsAnswerAwaited) {
  session(80).receive(as_bytes(kRequest));
  connect(asked().id);
  talking->ended();
  EXPECT_EQ(heard(), kRequest + "<end>");
  EXPECT_TRUE(talking->answering());
  say("HTTP/1.0 200 OK\r\n\r\nlate");
  host.reset();
  turn();
  EXPECT_THAT(told(), EndsWith("late"));
  EXPECT_FALSE(talking->answering());
}

TEST_F(Passed, MessagesOfWebSocketAreFollowed) {
  const std::string upgrade =
      "GET /ws HTTP/1.1\r\nHost: server.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  session(80).receive(as_bytes(upgrade));
  connect(asked().id);
  EXPECT_EQ(heard(), upgrade);
  const std::string frame(
      "\x81\x85\x01\x02\x03\x04"
      "igohn",
      11);
  talking->receive(as_bytes(frame));
  EXPECT_EQ(heard(), frame);
  say("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  EXPECT_THAT(told(), StartsWith("HTTP/1.1 101"));
  (void)end();
  const std::vector<Json> streams = rig.reporter.of(event::kStream);
  ASSERT_THAT(streams, SizeIs(3));
  EXPECT_EQ(streams[1]["passed_to"], "server.example:80");
  EXPECT_EQ(content(streams[1]), "hello");
  EXPECT_THAT(rig.reporter.of(event::kPassage), SizeIs(1));
}

}  // namespace
}  // namespace candor::internet
