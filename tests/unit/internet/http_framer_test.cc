// SPDX-License-Identifier: Apache-2.0
#include "internet/http_framer.h"

#include <gtest/gtest.h>

namespace candor::internet {
namespace {

const std::string kThreeRequests =
    "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;ext=1\r\nhello\r\na\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
    "GET /q?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"
    "PUT /f HTTP/1.0\r\nContent-Length: 7\r\n\r\nGET / H";

struct Seen {
  std::vector<std::string> methods;
  std::vector<std::string> heads;
  std::vector<std::uint64_t> offsets;
  std::string bodies;
  std::uint64_t framed = 0;
  HttpFramer::State state = HttpFramer::State::looking;
  bool operator==(const Seen&) const = default;
};

class SeeingSink : public HttpSink {
 public:
  explicit SeeingSink(Seen& seen) : seen_(seen) {}
  void on_head(HttpHead head) override {
    seen_.offsets.push_back(head.offset);
    seen_.heads.push_back(head.method + ' ' + head.target);
  }
  void on_body(ByteView piece) override { seen_.bodies += as_text(piece); }
  bool on_end(std::uint64_t) override {
    seen_.methods.push_back(seen_.heads.back().substr(0, seen_.heads.back().find(' ')));
    seen_.bodies += '|';
    return seen_.methods.size() < stop_after;
  }
  std::size_t stop_after = 1000;

 private:
  Seen& seen_;
};

Seen see(const std::vector<std::string_view>& pieces) {
  Seen seen;
  SeeingSink sink(seen);
  HttpFramer framer(sink);
  for (const auto piece : pieces) EXPECT_EQ(framer.receive(as_bytes(piece)), piece.size());
  seen.framed = framer.framed_bytes();
  seen.state = framer.state();
  return seen;
}

TEST(HttpFramer, FindsTheSameRequestsWhereverTheStreamIsCut) {
  const std::string_view all = kThreeRequests;
  const Seen whole = see({all});
  EXPECT_EQ(whole.methods, (std::vector<std::string>{"POST", "GET", "PUT"}));
  EXPECT_EQ(whole.framed, all.size());
  EXPECT_EQ(whole.heads[1], "GET /q?x=1");
  EXPECT_EQ(whole.bodies, "hello0123456789||GET / H|");
  EXPECT_EQ(all.substr(whole.offsets[1], 4), "GET ");
  EXPECT_EQ(all.substr(whole.offsets[2], 4), "PUT ");
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
  Seen seen;
  SeeingSink sink(seen);
  HttpFramer framer(sink);
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
    Seen seen;
    SeeingSink sink(seen);
    HttpFramer framer(sink);
    (void)framer.receive(as_bytes(bad));
    EXPECT_EQ(framer.state(), HttpFramer::State::broken) << bad;
    EXPECT_FALSE(framer.problem().empty());
    EXPECT_FALSE(framer.at_boundary());
  }
}

TEST(HttpFramer, GivesUpOnAHeaderWithoutEndInsteadOfKeepingIt) {
  Seen seen;
  SeeingSink sink(seen);
  HttpFramer framer(sink);
  (void)framer.receive(as_bytes("GET / HTTP/1.1\r\nX: "));
  const std::string more(1000, 'x');
  for (int i = 0; i < 200; ++i) (void)framer.receive(as_bytes(more));
  EXPECT_EQ(framer.state(), HttpFramer::State::broken);
}

TEST(HttpFramer, GivesUpOnAChunkExtensionWithoutEnd) {
  Seen seen;
  SeeingSink sink(seen);
  HttpFramer framer(sink);
  (void)framer.receive(as_bytes("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;"));
  const std::string more(1000, 'x');
  for (int i = 0; i < 200; ++i) (void)framer.receive(as_bytes(more));
  EXPECT_EQ(framer.state(), HttpFramer::State::broken);
}

TEST(HttpFramer, HandsOnExactlyWhatFollowsTheRequestThatSaysSo) {
  const std::string request = "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    Seen seen;
    SeeingSink sink(seen);
    sink.stop_after = 1;
    HttpFramer framer(sink);
    EXPECT_EQ(framer.receive(as_bytes(request.substr(0, cut))), cut);
    EXPECT_EQ(framer.receive(as_bytes(request.substr(cut) + "\x16\x03tls")), request.size() - cut);
    EXPECT_EQ(framer.state(), HttpFramer::State::handed_on);
    EXPECT_TRUE(framer.at_boundary());
    EXPECT_EQ(framer.receive(as_bytes("more")), 0U);
  }
}

TEST(HttpFramer, TakesABodyOfHttp10WithoutALengthUntilTheEnd) {
  Seen seen;
  SeeingSink sink(seen);
  HttpFramer framer(sink);
  (void)framer.receive(as_bytes("POST /old HTTP/1.0\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n"));
  (void)framer.receive(as_bytes("the rest"));
  EXPECT_EQ(framer.requests(), 0U);
  EXPECT_TRUE(framer.ended());
  EXPECT_EQ(seen.bodies, "GET / HTTP/1.1\r\nthe rest|");
  EXPECT_TRUE(framer.at_boundary());
}

}  // namespace
}  // namespace candor::internet
