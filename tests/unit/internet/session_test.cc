// SPDX-License-Identifier: Apache-2.0
#include "internet/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation_rig.h"

namespace candor::internet {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Fixture : testing::Test {
  std::unique_ptr<Session> session(std::uint16_t port, Expected expected = {}) {
    return std::make_unique<Session>(start_at(rig, port), std::move(expected));
  }
  static std::string talk(Session& session, std::string_view said, std::size_t piece = 1U << 20) {
    std::string answer;
    for (std::size_t i = 0; i < said.size(); i += piece) {
      session.receive(as_bytes(said.substr(i, piece)));
      answer += session.take_output();
    }
    return answer;
  }
  static std::string wait(Session& session) {
    session.speak(session.due().value());
    return session.take_output();
  }
  std::vector<Json> ended() { return rig.reporter.of(event::kStream); }
  std::string content(const Json& stream) {
    return read_text(rig.services.streams / stream.at("sha256").get<std::string>());
  }
  std::uint64_t wire() {
    std::uint64_t sum = 0;
    for (const Json& stream : ended()) sum += stream["wire_bytes"].get<std::uint64_t>();
    return sum;
  }

  Rig rig;
};

using SessionTest = Fixture;

TEST_F(SessionTest, GreetsOnAKnownPortAfterSilenceOnly) {
  const auto mail = session(25);
  EXPECT_THAT(mail->take_output(), IsEmpty());
  EXPECT_GT(mail->due().value(), monotonic_ns());
  mail->speak(monotonic_ns());
  EXPECT_THAT(mail->take_output(), IsEmpty()) << "too early";
  EXPECT_THAT(wait(*mail), StartsWith("220 "));
  EXPECT_THAT(talk(*mail, "EHLO a\r\n"), StartsWith("250-"));
  EXPECT_FALSE(session(4444)->due().has_value()) << "an unknown port keeps silent";
  EXPECT_GT(session(465)->due().value(), monotonic_ns() + 1'000'000'000) << "there TLS is waited for";
}

TEST_F(SessionTest, AnswersWhoSpeaksFirstOnAPortOfServersThatDo) {
  const auto web = session(25);
  EXPECT_THAT(talk(*web, "GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(web->due().has_value());
  const auto mail = session(4444);
  EXPECT_THAT(talk(*mail, "EHLO a\r\n", 1), StartsWith("220 server.example ESMTP ready\r\n250-"))
      << "greets late";
}

TEST_F(SessionTest, EndsOneStreamAndBeginsAnotherWhereTlsBegins) {
  const auto mail = session(25);
  (void)wait(*mail);
  const std::string before = "EHLO a\r\nSTARTTLS\r\n";
  EXPECT_THAT(talk(*mail, before + "EHLO injected\r\n"), HasSubstr("220 2.0.0"));
  mail->finish("eof", {});
  const auto streams = ended();
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(content(streams[0]), before);
  EXPECT_EQ(streams[0]["protocol"], "smtp");
  EXPECT_EQ(streams[0]["goes_on_in"], streams[1]["stream"]);
  EXPECT_EQ(content(streams[1]), "EHLO injected\r\n");
  EXPECT_EQ(wire(), before.size() + 15);
}

TEST_F(SessionTest, KeepsTheRawBytesOfAHandshakeThatFailsAfterStarttls) {
  const auto mail = session(25);
  (void)wait(*mail);
  (void)talk(*mail, "EHLO a\r\nSTARTTLS\r\n");
  const std::string hello("\x16\x03\x01\x00\x05HELLO", 10);
  (void)talk(*mail, hello);
  mail->finish("eof", {});
  EXPECT_EQ(rig.reporter.of(event::kTlsRefused).size(), 1U);
  EXPECT_EQ(content(ended().at(1)), hello);
}

TEST_F(SessionTest, OpensATunnelAndRecognisesWhatIsSpokenInIt) {
  const auto proxy = session(1080);
  const std::string ask("\5\1\0", 3);
  const std::string request = std::string("\5\1\0\3\11a.example\0\x50", 16);
  const std::string get = "GET /secret HTTP/1.1\r\nHost: a.example\r\n\r\n";
  EXPECT_EQ(talk(*proxy, ask), std::string("\5\0", 2));
  EXPECT_THAT(talk(*proxy, request + get), HasSubstr("HTTP/1.1 200 OK"));
  proxy->finish("eof", {});
  const auto streams = ended();
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0]["protocol"], "http/1.1");
  EXPECT_EQ(streams[0]["tunnel"], "a.example:80");
  EXPECT_EQ(streams[0]["name"], "a.example");
  EXPECT_EQ(streams[0]["destination"]["port"], 1080);
  EXPECT_EQ(content(streams[0]), get);
  EXPECT_EQ(streams[1]["protocol"], "socks5");
  EXPECT_EQ(content(streams[1]), ask + request);
  EXPECT_EQ(streams[1]["asked_for"], "a.example:80");
  EXPECT_EQ(wire(), ask.size() + request.size() + get.size());
}

TEST_F(SessionTest, GreetsWithinATunnelToo) {
  const auto proxy = session(1080);
  (void)talk(*proxy, std::string("\4\1\0\x19\xcb\0\x71\7u\0", 10));
  EXPECT_THAT(wait(*proxy), StartsWith("220 "));
}

TEST_F(SessionTest, FollowsNoMoreTunnelsWithinTunnelsThanItsBoundAndKeepsTheRest) {
  const auto proxy = session(1080);
  const std::string one("\4\1\4\x38\xcb\0\x71\7u\0", 10);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += one;
  (void)talk(*proxy, many);
  proxy->finish("eof", {});
  const auto streams = ended();
  EXPECT_LE(streams.size(), 8U);
  EXPECT_EQ(wire(), many.size());
  std::size_t kept = 0;
  for (const Json& stream : streams) kept += stream["bytes"].get<std::size_t>();
  EXPECT_EQ(kept, many.size());
}

TEST_F(SessionTest, BoundsHandovers) {
  const auto mail = session(25);
  (void)wait(*mail);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "EHLO a\r\nSTARTTLS\r\n";
  (void)talk(*mail, many);
  mail->finish("eof", {});
  EXPECT_LE(ended().size(), 20U);
  EXPECT_EQ(wire(), many.size());
}

TEST_F(SessionTest, KeepsWhatItDoesNotKnow) {
  const auto unknown = session(4444);
  EXPECT_THAT(talk(*unknown, "hello, world\r\n", 3), IsEmpty());
  unknown->finish("reset", {});
  EXPECT_EQ(content(ended().at(0)), "hello, world\r\n");
  EXPECT_EQ(ended().at(0)["protocol"], "text");
}

}  // namespace
}  // namespace candor::internet
