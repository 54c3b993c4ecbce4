// SPDX-License-Identifier: Apache-2.0
//
// Messages have headers of their own: what hides there is neither skipped nor understood because the body is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

Text http_with(const Text& cookie, const Text& type, const Text& body) {
  return fmt::format(
      "POST /report HTTP/1.1\r\nHost: sink.example\r\nCookie: id={}\r\nContent-Type: {}\r\n"
      "Content-Length: {}\r\n\r\n{}",
      cookie, type, body.size(), body);
}

Text chunked_with(const Text& cookie, const Text& body) {
  return fmt::format(
      "POST /report HTTP/1.1\r\nHost: sink.example\r\nCookie: id={}\r\nTransfer-Encoding: chunked\r\n\r\n"
      "{:x}\r\n{}\r\n0\r\n\r\n",
      cookie, body.size(), body);
}

Text parts_with(const Text& name, const Text& content) {
  return "--xYzZy\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n" +
         content + "\r\n--xYzZy--\r\n";
}

/// Every kind of message, with `header` in one of its headers and a body of each sort.
std::vector<Text> messages_with(const Text& header) {
  Random random(3);
  const Text prose = words(random, 900);
  const Text packed = gzip(prose);
  std::vector<Text> all;
  for (const Text& body : {prose, packed}) {
    all.push_back(http_with(header, "application/octet-stream", body));
    all.push_back(chunked_with(header, body));
    all.push_back(http_with("1", "multipart/form-data; boundary=xYzZy", parts_with(header, body)));
    all.push_back("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xYzZy\r\n\r\n" +
                  parts_with(header, body));
  }
  return all;
}

TEST(Messages, WithAnEncodedTokenInAHeaderAreSeenThrough) {
  const Planted planted;
  const Text kept = "kept " + Text(kToken);
  for (const Text& worn : {base64(kept), hex(kept), percent(kept), base64(gzip(kept))})
    for (const Text& message : messages_with(worn))
      EXPECT_TRUE(finds_token(planted, message)) << message.substr(0, 400);
}

TEST(Messages, WithEncryptedBytesInAHeaderLeaveThemOpaque) {
  const Planted planted;
  Random random(4);
  const Text secret = base64(random_bytes(random, 1500));
  for (const Text& message : messages_with(secret))
    EXPECT_GE(planted.search(message).opaque, secret.size() * 9 / 10) << message.substr(0, 300);
}

/// A query for the labels, with an EDNS record behind it.
Text dns_query(const std::vector<Text>& labels, char flags = '\x01') {
  Text query = Text("\x3a\x7f", 2) + flags + Text("\x20\x00\x01\x00\x00\x00\x00\x00\x01", 9);
  for (const Text& label : labels) query += static_cast<char>(label.size()) + label;
  return query + Text("\x00\x00\x10\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00", 16);
}

TEST(Messages, OfDnsAreReadAcrossTheirLabelsWhateverCarriesThem) {
  const Planted planted;
  const Text worn = hex(Text(kToken));
  const std::vector<Text> labels = {worn.substr(0, 20), worn.substr(20, 20), worn.substr(40), "leads",
                                    "example"};
  const Text query = dns_query(labels);
  for (const Text& message :
       {query, http_with("1", "application/dns-message", query), chunked_with("1", query),
        "GET /dns-query?dns=" + base64(query) + " HTTP/1.1\r\n\r\n",
        Text("\x05\x01\x00\xff tunnel", 12) + query + "more"})
    EXPECT_TRUE(finds_token(planted, message)) << message.substr(0, 100);
  EXPECT_TRUE(finds_token(planted, dns_query(labels, '\0'))) << "without recursion, at the begin";
  EXPECT_LE(planted.search(query).opaque, 2U) << "its identifier";
}

TEST(Messages, OfDnsWithEncryptedLabelsLeaveThemOpaque) {
  const Planted planted;
  Random random(6);
  const std::vector<Text> labels = {random_bytes(random, 60), random_bytes(random, 60),
                                    random_bytes(random, 60)};
  EXPECT_GE(planted.search(http_with("1", "application/dns-message", dns_query(labels))).opaque, 170U);
  const Text letters = base64(random_bytes(random, 135));
  const Text query = dns_query({letters.substr(0, 60), letters.substr(60, 60), letters.substr(120)});
  EXPECT_GE(planted.search(http_with("1", "application/dns-message", query)).opaque, 170U);
}

TEST(Messages, OfDnsThatAreNoneAreLeftAlone) {
  const Planted planted;
  const Text query = dns_query({"update", "example"});
  for (std::size_t cut = 1; cut < query.size(); ++cut)
    static_cast<void>(planted.search(query.substr(0, cut)));
  EXPECT_FALSE(finds_token(planted, query));
  Random random(5);
  const Text noise = random_bytes(random, 200'000);
  EXPECT_GE(planted.search(Text("\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10) + noise).opaque, 199'000U);
}

}  // namespace
}  // namespace candor::recognise::test
