// SPDX-License-Identifier: Apache-2.0
#include "capture/request_carriers.h"

#include <gmock/gmock.h>

#include "capture/http_requests.h"
#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kToken = "abcdefghijklmnopqrstuvwx23";

std::string request(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: vendor.example\r\n" + fields + "\r\n";
}

/// A way to say a few bytes in the head of a request.
struct Carrier {
  const char* name;
  const char* step;
  std::size_t piece;
  std::string (*head)(const std::string& piece, std::size_t number);
};

std::ostream& operator<<(std::ostream& out, const Carrier& carrier) { return out << carrier.name; }

std::string number(std::size_t i) { return std::to_string(1000 + 7 * i); }

const Carrier kCarriers[] = {
    {"Paths", "paths, part 1 joined", 8, [](const auto& p, auto) { return request("/v1/" + p + "/get"); }},
    {"WholePaths", "paths joined", 4, [](const auto& p, auto) { return request(p); }},
    {"LastPartsOfPaths", "last parts of paths", 8,
     [](const auto& p, auto i) { return request("/" + number(i) + "/" + p); }},
    {"NamesOfPictures", "last parts of paths, part 1 joined", 5,
     [](const auto& p, auto) { return request("/i/" + p + ".png"); }},
    {"Parameters", "parameter 'q' joined", 8,
     [](const auto& p, auto i) { return request("/s?n=" + number(i) + "&q=" + p); }},
    {"ParametersOfManyNames", "parameter values joined", 3,
     [](const auto& p, auto i) { return request("/s?a" + number(i) + "=" + p); }},
    {"NamesOfParameters", "parameter names joined", 3,
     [](const auto& p, auto i) { return request("/s?" + p + "=" + number(i)); }},
    {"Cookies", "cookie 'sid' joined", 8,
     [](const auto& p, auto i) {
       return request("/", "Cookie: lang=en; n=" + number(i) + "; sid=" + p + "\r\n");
     }},
    {"CookiesOfManyNames", "cookie values joined", 8,
     [](const auto& p, auto i) { return request("/", "cookie: c" + number(i) + "=" + p + "\r\n"); }},
    {"UserAgents", "field 'user-agent', part 3 joined", 8,
     [](const auto& p, auto) { return request("/", "User-Agent: Agent/1.4 (OS: " + p + "; x86)\r\n"); }},
    {"UserAgentsWithNumbers", "field 'user-agent', part 2 joined", 6,
     [](const auto& p, auto i) {
       return request("/", "User-Agent: Agent/1.4 (UUID=" + p + "; run=" + number(i) + ")\r\n");
     }},
    {"OtherFields", "field 'etag' joined", 8,
     [](const auto& p, auto) { return request("/", "ETag:" + p + " \r\n"); }},
    {"EachFromBase64", "parameter 'q' joined, each from base64", 8,
     [](const auto& p, auto) { return request("/s?q=" + to_base64(as_bytes(p))); }},
};

std::vector<RequestFinding> found_in(const std::vector<std::string>& requests, const std::string& host = "") {
  const Recogniser literal = finder({kToken});
  RequestCarriers carriers(literal, literal);
  for (std::size_t i = 0; i < requests.size(); ++i)
    for_each_request(as_bytes(requests[i]), [&](const HttpRequest& each) {
      carriers.add(host.empty() ? "vendor.example" : host + std::to_string(i), i, each);
      return true;
    });
  EXPECT_TRUE(carriers.complete());
  EXPECT_EQ(carriers.problem(), "");
  return carriers.finish();
}

class RequestCarriersTest : public testing::TestWithParam<Carrier> {
 protected:
  static std::vector<std::string> sent(const std::string& text) {
    std::vector<std::string> requests;
    for (std::size_t at = 0; at < text.size(); at += GetParam().piece)
      requests.push_back(GetParam().head(text.substr(at, GetParam().piece), requests.size()));
    return requests;
  }
};

TEST_P(RequestCarriersTest, BringWhatIsCutOverRequests) {
  const std::vector<RequestFinding> found = found_in(sent("0123456789" + kToken + "6789"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, 10 / GetParam().piece);
  EXPECT_THAT(found[0].hit.chain.at(0).decoder, HasSubstr(GetParam().step));
}

TEST_P(RequestCarriersTest, BringNothingOfOtherBytes) {
  std::string other = kToken;
  other[9] = 'z';
  EXPECT_TRUE(found_in(sent(other)).empty());
}

TEST_P(RequestCarriersTest, BringNothingPutTogetherOverHosts) {
  if (GetParam().piece >= kToken.size()) return;
  EXPECT_TRUE(found_in(sent(kToken), "host-").empty());
}

TEST_P(RequestCarriersTest, AreSearchedBehindMoreThanIsHeldAtOnce) {
  std::string noise;
  for (std::size_t i = 0; noise.size() < 60'000; ++i) noise += number(i);
  EXPECT_EQ(found_in(sent(noise + kToken + noise)).size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Head, RequestCarriersTest, testing::ValuesIn(kCarriers),
                         [](const auto& carrier) { return std::string(carrier.param.name); });

TEST(RequestCarriers, BringWhatTheOrderOfFieldsSays) {
  const std::string bits = [] {
    std::string text;
    for (const char c : kToken)
      for (int bit = 7; bit >= 0; --bit) text += (static_cast<unsigned char>(c) >> bit & 1) != 0 ? '1' : '0';
    return text;
  }();
  const auto requests = [](const std::string& said) {
    std::vector<std::string> list;
    for (const char bit : said)
      list.push_back(request("/", bit == '1' ? "Accept: */*\r\nDNT: 1\r\n" : "DNT: 1\r\nAccept: */*\r\n"));
    return list;
  };
  const std::vector<RequestFinding> found = found_in(requests(bits));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].hit.chain.at(0).decoder, HasSubstr("order of fields, low bit joined"));
  std::string other = bits;
  other[77] = other[77] == '0' ? '1' : '0';
  EXPECT_TRUE(found_in(requests(other)).empty());
}

TEST(RequestCarriers, TellWhatALimitLeftUnsearchedOfWhatTheyPutTogether) {
  const auto cut = [](const char* reason) {
    return [reason](ByteView) {
      model::Recognition found;
      found.not_looked_into = {{.reason = reason, .bytes = 1}};
      return found;
    };
  };
  const auto problem_with = [](const Recogniser& recogniser) {
    RequestCarriers carriers(recogniser, {});
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string head = request("/" + number(i) + "0123456789abcdef");
      for_each_request(as_bytes(head), [&](const HttpRequest& each) {
        carriers.add("vendor.example", i, each);
        return true;
      });
    }
    EXPECT_TRUE(carriers.finish().empty());
    return carriers.problem();
  };
  EXPECT_EQ(problem_with(cut("output budget")),
            "not looked into: last parts of paths joined to vendor.example: output budget");
  EXPECT_EQ(problem_with(cut("encrypted zip member")), "");
}

TEST(RequestCarriers, TellWhatTheyCouldNotFollow) {
  RequestCarriers carriers(finder({kToken}), {});
  std::string query = "/?";
  for (std::size_t i = 0; i < RequestCarriers::kMostStreams; ++i) query += "a" + std::to_string(i) + "=1&";
  const std::string head = request(query);
  for_each_request(as_bytes(head), [&](const HttpRequest& each) {
    carriers.add("vendor.example", 1, each);
    return true;
  });
  EXPECT_FALSE(carriers.complete());
  EXPECT_TRUE(carriers.finish().empty());
}

TEST(RequestCarriers, TellThatThereWereMoreOrdersOfFieldsThanTheyFollow) {
  RequestCarriers carriers(finder({kToken}), finder({kToken}));
  const auto send = [&](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      const std::string head = request("/", "X-" + number(i) + ": 1\r\n");
      for_each_request(as_bytes(head), [&](const HttpRequest& each) {
        carriers.add("vendor.example", i, each);
        return true;
      });
    }
  };
  send(0, 256);
  EXPECT_TRUE(carriers.complete());
  send(256, 257);
  EXPECT_FALSE(carriers.complete());
}

std::vector<std::string> targets(const std::string& sent) {
  std::vector<std::string> list;
  for_each_request(as_bytes(sent), [&](const HttpRequest& each) {
    list.push_back(std::string(each.path) + "?" + std::string(each.query) + " " +
                   std::to_string(each.fields.size()) + " at " + std::to_string(each.offset));
    return true;
  });
  return list;
}

TEST(HttpRequests, AreToldOneAfterTheOtherWithTheirBodiesPassedOver) {
  const std::string first = request("/a?b=c", "Content-Length: 20\r\n") + "GET /no HTTP/1.1\r\n\r\n";
  const std::string second =
      "POST /chunks HTTP/1.1\nTransfer-Encoding: chunked\n\n5;x=y\r\nGET /\r\n3\r\nabc\r\n0\r\nTrailer: "
      "1\r\n\r\n";
  EXPECT_THAT(targets(first + second + request("/last")),
              ElementsAre("/a?b=c 2 at 0", "/chunks? 1 at " + std::to_string(first.size()),
                          "/last? 1 at " + std::to_string(first.size() + second.size())));
}

TEST(HttpRequests, EndWhereWhoeverIsToldHasEnough) {
  const std::string sent = request("/a") + request("/b");
  int told = 0;
  for_each_request(as_bytes(sent), [&](const HttpRequest&) { return ++told < 1; });
  EXPECT_EQ(told, 1);
}

TEST(HttpRequests, HaveAnyMethodAndMayStandBehindEmptyLines) {
  EXPECT_THAT(targets("\r\n\nget /a HTTP/1.0\r\n\r\n\r\nM-SEARCH * HTTP/1.1\r\n\r\n"),
              ElementsAre("/a? 0 at 3", "*? 0 at 24"));
}

TEST(HttpRequests, EndWhereSomethingElseBegins) {
  EXPECT_THAT(targets("PRI * nothing\r\n\r\n"), ElementsAre());
  EXPECT_THAT(targets(request("/a") + "SSH-2.0-x\r\n" + request("/b")), ElementsAre("/a? 1 at 0"));
  EXPECT_THAT(targets(request("/a", "Content-Length: 99\r\n") + "cut"), ElementsAre("/a? 2 at 0"));
  EXPECT_THAT(targets(request("/a", "Transfer-Encoding: chunked\r\n") + "zz\r\n"), ElementsAre("/a? 2 at 0"));
  EXPECT_THAT(targets("GET /cut HTTP/1.1\r\nHost: x\r\nUser-Ag"), ElementsAre("/cut? 1 at 0"));
}

}  // namespace
}  // namespace candor::capture
