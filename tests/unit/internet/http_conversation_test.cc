// SPDX-License-Identifier: Apache-2.0
#include "internet/http_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/reader.h"
#include "rig.h"

namespace candor::internet {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct HttpRig : Rig {
  Start start() {
    return {
        services,
        {.transport = "tcp", .destination = {asio::ip::make_address("198.18.0.1"), 80}, .name = "a.example"},
        {asio::ip::make_address("198.18.0.1"), 80}};
  }
  void cloud(const std::string& text) {
    services.web.cloud =
        std::make_unique<cloud::Cloud>(cloud::read_cloud_text("about: x\n" + text, "c.yaml", "/nowhere"));
  }
  HttpConversation conversation{start()};
  std::string say(std::string_view bytes) { return conversation.receive(as_bytes(bytes)).bytes; }
};

TEST(HttpConversation, AnswersEachRequestInOrder) {
  HttpRig rig;
  const std::string answer = rig.say("GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n{}HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("Content-Length: 2\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpConversation, AsksForTheBodyWhenTheClientWaitsForThat) {
  HttpRig rig;
  EXPECT_EQ(rig.say("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(rig.say("hi"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpConversation, ClosesWhereTheRequestSaysSo) {
  HttpRig rig;
  EXPECT_TRUE(rig.conversation.receive(as_bytes("GET / HTTP/1.0\r\n\r\n")).close);
  EXPECT_EQ(rig.say("GET / HTTP/1.1\r\n\r\n"), "");
}

TEST(HttpConversation, OpensATunnelToWhomConnectNames) {
  HttpRig rig;
  const std::string request = "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n\r\n";
  Conversation::Reply reply = rig.conversation.receive(as_bytes(request + "\x16\x03"));
  ASSERT_TRUE(reply.tunnel);
  EXPECT_EQ(reply.tunnel->host, "2001:db8::1");
  EXPECT_EQ(reply.tunnel->port, 8443);
  EXPECT_EQ(reply.taken, request.size());
  EXPECT_THAT(reply.bytes, StartsWith("HTTP/1.1 200 "));
}

TEST(HttpConversation, TakesTheHostFromAnAbsoluteTargetAsAProxyDoes) {
  HttpRig rig;
  (void)rig.say("GET http://Real.example:81/x?y HTTP/1.1\r\nHost: other\r\n\r\n");
  const Json event = rig.reporter.of(event::kRequest).at(0);
  EXPECT_EQ(event["host"], "real.example");
  EXPECT_EQ(event["rule"], "default");
}

TEST(HttpConversation, ReportsEachRequestWithItsPlaceInTheStream) {
  HttpRig rig;
  const std::string first = "POST /a HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc";
  (void)rig.say(first + "GET /generate_204 HTTP/1.1\r\n\r\n");
  const auto events = rig.reporter.of(event::kRequest);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["offset"], 0);
  EXPECT_EQ(events[0]["length"], first.size());
  EXPECT_EQ(events[0]["body_bytes"], 3);
  EXPECT_EQ(events[0]["content_type"], "text/plain");
  EXPECT_EQ(events[0]["host"], "a.example");
  EXPECT_EQ(events[1]["offset"], first.size());
  EXPECT_EQ(events[1]["status"], 204);
  EXPECT_EQ(events[1]["rule"], "connectivity");
}

TEST(HttpConversation, AnswersFromTheVendorsCloudAndTellsTheRule) {
  HttpRig rig;
  rig.cloud(
      "sets: {seen: []}\nroutes:\n  - {name: look, path: /h, json: {/sha: '{h}'}, answer: {status: 404, "
      "json: {send: '{h}'}}, "
      "then: {remember: {seen: '{h}'}}}\n");
  EXPECT_THAT(rig.say("POST /h HTTP/1.1\r\nContent-Length: 12\r\n\r\n{\"sha\":\"ab\"}"),
              testing::AllOf(StartsWith("HTTP/1.1 404 Not Found\r\n"), EndsWith("{\"send\":\"ab\"}")));
  EXPECT_EQ(rig.reporter.of(event::kRequest).at(0)["rule"], "cloud:look");
  const Json change = rig.reporter.of(event::kCloudState).at(0);
  EXPECT_EQ(change["set"], "seen");
  EXPECT_EQ(change["value"], "ab");
}

TEST(HttpConversation, HoldsADelayedAnswerBackAndThoseBehindIt) {
  HttpRig rig;
  rig.cloud("routes:\n  - {name: slow, path: /slow, answer: {body: slow, delay: 20ms}}\n");
  EXPECT_EQ(rig.say("GET /slow HTTP/1.1\r\n\r\nGET /fast HTTP/1.1\r\n\r\n"), "");
  ASSERT_TRUE(rig.conversation.due());
  while (monotonic_ns() < *rig.conversation.due()) {
  }
  EXPECT_THAT(rig.conversation.speak().bytes,
              testing::AllOf(HasSubstr("\r\n\r\nslowHTTP/1.1 200"), EndsWith("{}")));
  EXPECT_FALSE(rig.conversation.due());
}

TEST(HttpConversation, CountsTheBeginsOfBodiesAgainstABoundAndGivesThemBack) {
  HttpRig rig;
  rig.services.web.body_memory = HttpState::kBodyMemory - 10;
  (void)rig.say("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n" + std::string(50, 'x'));
  EXPECT_EQ(rig.services.web.body_memory, HttpState::kBodyMemory);
  (void)rig.say(std::string(50, 'x'));
  EXPECT_EQ(rig.services.web.body_memory, HttpState::kBodyMemory - 10);
  EXPECT_EQ(rig.reporter.of(event::kRequest).at(0)["body_bytes"], 100);
}

TEST(HttpConversation, ClaimsOnlyWhatItFollowedToTheEnd) {
  HttpRig whole;
  (void)whole.say("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(whole.conversation.protocol(), "http/1.1");
  EXPECT_EQ(whole.conversation.detail(), "");
  HttpRig cut;
  (void)cut.say("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhi");
  EXPECT_EQ(cut.conversation.detail(), "ended within an HTTP request");
  HttpRig broken;
  (void)broken.say("GET / HTTP/1.1\r\n\r\n\x7f\x01\r\n\r\n");
  EXPECT_EQ(broken.conversation.protocol(), "");
  EXPECT_THAT(broken.conversation.detail(), StartsWith("HTTP broke after 18 bytes: "));
  EXPECT_EQ(broken.conversation.more()["requests"], 1);
  HttpRig other;
  EXPECT_EQ(other.say("EHLO me\r\n"), "");
  EXPECT_EQ(other.conversation.protocol(), "");
  EXPECT_EQ(other.conversation.detail(), "");
}

}  // namespace
}  // namespace candor::internet
