// SPDX-License-Identifier: Apache-2.0
#include "internet/http_framer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "internet/http_conversation.h"

namespace candor::internet {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kThreeRequests =
    "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;ext=1\r\nhello\r\na\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
    "GET /q?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
    "PUT /f HTTP/1.0\r\nContent-Length: 7\r\n\r\nGET / H";

struct Seen {
  std::vector<std::string> methods;
  std::uint64_t framed = 0;
  HttpFramer::State state = HttpFramer::State::looking;
  bool operator==(const Seen&) const = default;
};

Seen see(const std::vector<std::string_view>& pieces) {
  HttpFramer framer;
  Seen seen;
  for (const auto piece : pieces) {
    for (const HttpEvent& event : framer.receive(as_bytes(piece))) {
      if (event.kind == HttpEvent::Kind::request_ended) seen.methods.push_back(event.request.method);
    }
  }
  seen.framed = framer.framed_bytes();
  seen.state = framer.state();
  return seen;
}

TEST(HttpFramer, FindsTheSameRequestsWhereverTheStreamIsCut) {
  const std::string_view all = kThreeRequests;
  const Seen whole = see({all});
  EXPECT_EQ(whole.methods, (std::vector<std::string>{"POST", "GET", "PUT"}));
  EXPECT_EQ(whole.framed, all.size());
  for (std::size_t i = 0; i <= all.size(); ++i) {
    for (std::size_t j = i; j <= all.size(); ++j) {
      ASSERT_EQ(see({all.substr(0, i), all.substr(i, j - i), all.substr(j)}), whole) << i << ' ' << j;
    }
  }
}

TEST(HttpFramer, FindsTheSameRequestsByteByByte) {
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < kThreeRequests.size(); ++i)
    bytes.push_back(std::string_view(kThreeRequests).substr(i, 1));
  EXPECT_EQ(see(bytes), see({kThreeRequests}));
}

TEST(HttpFramer, FollowsAnEmptyChunkedBodyByteByByte) {
  const std::string_view all =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
  EXPECT_EQ(see(bytes).methods, (std::vector<std::string>{"POST", "GET"}));
}

TEST(HttpFramer, TellsWholeRequestsFromOneThatWasCut) {
  const std::string_view all = kThreeRequests;
  HttpFramer framer;
  (void)framer.receive(as_bytes(all.substr(0, all.size() - 1)));
  EXPECT_FALSE(framer.at_boundary());
  EXPECT_EQ(framer.requests(), 2U);
  (void)framer.receive(as_bytes(all.substr(all.size() - 1)));
  EXPECT_TRUE(framer.at_boundary());
}

TEST(HttpFramer, RecognisesHttpByItsRequestLineAlone) {
  EXPECT_EQ(request_line("GET / HTTP/1.1\r\n"), RequestLine::yes);
  EXPECT_EQ(request_line("M-SEARCH * HTTP/1.1\r\n"), RequestLine::yes);
  for (const char* start : {"", "GET", "GET ", "GET / HTTP/1.1", "GET / HTTP/1.1\r"}) {
    EXPECT_EQ(request_line(start), RequestLine::perhaps) << start;
  }
  for (const char* start :
       {"\x16\x03", "GET / HTTP/2.0\r\n", "EHLO there\r\n", "GET\t/", " GET", "GET / HTTP/1.1\n",
        "PRI * HTTP/2.0\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "GET HTTP/1.1\r\n"}) {
    EXPECT_EQ(request_line(start), RequestLine::no) << start;
  }
}

TEST(HttpFramer, CallsAStreamBrokenOnceItBreaksTheGrammar) {
  for (const std::string bad :
       {"GET / HTTP/1.1\r\nbad header\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n\x01\x02\r\n\r\n"}) {
    HttpFramer framer;
    (void)framer.receive(as_bytes(bad));
    EXPECT_EQ(framer.state(), HttpFramer::State::broken) << bad;
    EXPECT_FALSE(framer.problem().empty());
    EXPECT_FALSE(framer.at_boundary());
  }
}

TEST(HttpFramer, GivesUpOnAHeaderWithoutEndInsteadOfKeepingIt) {
  HttpFramer framer;
  (void)framer.receive(as_bytes("GET / HTTP/1.1\r\nX: "));
  const std::string more(1000, 'x');
  for (int i = 0; i < 200; ++i) (void)framer.receive(as_bytes(more));
  EXPECT_EQ(framer.state(), HttpFramer::State::broken);
}

TEST(HttpFramer, GivesUpOnAChunkExtensionWithoutEnd) {
  HttpFramer framer;
  (void)framer.receive(as_bytes("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;"));
  const std::string more(1000, 'x');
  for (int i = 0; i < 200; ++i) (void)framer.receive(as_bytes(more));
  EXPECT_EQ(framer.state(), HttpFramer::State::broken);
}

std::string say(HttpConversation& conversation, std::string_view bytes) {
  return conversation.receive(as_bytes(bytes)).bytes;
}

TEST(HttpConversation, AnswersEachRequestInOrder) {
  HttpConversation conversation;
  const std::string answer =
      say(conversation, "GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n{}HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("Content-Length: 2\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpConversation, AsksForTheBodyWhenTheClientWaitsForThat) {
  HttpConversation conversation;
  EXPECT_EQ(say(conversation, "POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(say(conversation, "hi"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpConversation, ClosesWhereTheRequestSaysSo) {
  HttpConversation conversation;
  EXPECT_TRUE(conversation.receive(as_bytes("GET / HTTP/1.0\r\n\r\n")).close);
  EXPECT_EQ(say(conversation, "GET / HTTP/1.1\r\n\r\n"), "");
}

TEST(HttpConversation, RefusesToBeAProxyAndIgnoresUpgrades) {
  HttpConversation proxy;
  EXPECT_THAT(say(proxy, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 501 "));
  HttpConversation upgrade;
  EXPECT_THAT(say(upgrade, "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST(HttpConversation, ClaimsOnlyWhatItFollowedToTheEnd) {
  HttpConversation whole;
  (void)whole.receive(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(whole.protocol(), "http/1.1");
  EXPECT_EQ(whole.detail(), "");
  HttpConversation cut;
  (void)cut.receive(as_bytes("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhi"));
  EXPECT_EQ(cut.detail(), "ended within an HTTP request");
  HttpConversation broken;
  (void)broken.receive(as_bytes("GET / HTTP/1.1\r\n\r\n\x7f\x01\r\n\r\n"));
  EXPECT_EQ(broken.protocol(), "");
  EXPECT_THAT(broken.detail(), StartsWith("HTTP broke after 18 bytes: "));
  EXPECT_EQ(broken.more()["requests"], 1);
  HttpConversation other;
  EXPECT_EQ(say(other, "EHLO me\r\n"), "");
  EXPECT_EQ(other.protocol(), "");
  EXPECT_EQ(other.detail(), "");
}

}  // namespace
}  // namespace candor::internet
