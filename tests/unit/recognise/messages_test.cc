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

}  // namespace
}  // namespace candor::recognise::test
