// SPDX-License-Identifier: Apache-2.0
#include "relay/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "base/error.h"

namespace candor::relay {
namespace {

std::pair<UniqueFd, UniqueFd> message_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Descriptors this process has open.
int open_descriptors() {
  int count = 0;
  for (int fd = 0; fd < 256; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

std::string why_no_request(std::string_view text) {
  try {
    (void)parse_request(as_bytes(text));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(RelayMessage, SurvivesTheWayThereAndBack) {
  const auto [asker, relay] = message_pair();
  ASSERT_TRUE(send(asker.get(), to_text(Request{7, "cloud.example", 443})));
  std::string message;
  ASSERT_EQ(receive(relay.get(), message), Received::message);
  const Request request = parse_request(as_bytes(message));
  EXPECT_EQ(request.id, 7);
  EXPECT_EQ(request.host, "cloud.example");
  EXPECT_EQ(request.port, 443);
  EXPECT_EQ(receive(relay.get(), message), Received::nothing_yet);

  auto [ours, theirs] = socket_pair();
  ASSERT_TRUE(send(relay.get(), to_text(Answer{.id = 7, .address = "203.0.113.9"}), theirs.get()));
  UniqueFd with;
  ASSERT_EQ(receive(asker.get(), message, with), Received::message);
  const Answer answer = parse_answer(as_bytes(message), std::move(with));
  EXPECT_EQ(answer.address, "203.0.113.9");
  theirs.reset();
  ASSERT_EQ(::write(answer.socket.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(ours.get(), &byte, 1), 1) << "the socket that came is the other end of the pair";
}

TEST(RelayMessage, RequestsThatAreNoneAreToldWhy) {
  for (const char* text :
       {"", "x", "[]", "{}", "null", R"({"connect": 1})", R"({"connect": {"id": 1, "host": "a.example"}})",
        R"({"connect": {"id": 1, "host": "a.example", "port": 0}})",
        R"({"connect": {"id": 1, "host": "a.example", "port": 65536}})",
        R"({"connect": {"id": 1, "host": 5, "port": 443}})",
        R"({"connect": {"id": 0, "host": "a", "port": 443}})",
        R"({"connect": {"id": -1, "host": "a.example", "port": 443}})",
        R"({"connect": {"id": 1, "host": "a.example", "port": 443, "more": 1}})",
        R"({"connect": {"id": 1, "host": "a.example", "port": 443}, "more": 1})",
        R"({"connect": {"id": 1, "id": 2, "host": "a.example", "port": 443}})", "[[[[[[[[]]]]]]]]"})
    EXPECT_NE(why_no_request(text), "") << text;
  const std::string long_host(kMaxMessage, 'a');
  EXPECT_NE(why_no_request(R"({"connect": {"id": 1, "host": ")" + long_host + R"(", "port": 443}})"), "");
}

TEST(RelayMessage, LetsNoDescriptorsInWithRequests) {
  const auto [asker, relay] = message_pair();
  const int before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(send(asker.get(), to_text(Request{1, "a.example", 443}), STDERR_FILENO));
    std::string message;
    ASSERT_EQ(receive(relay.get(), message), Received::message);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(RelayMessage, TellsTheEndAndMessagesThatAreTooLong) {
  auto [asker, relay] = message_pair();
  ASSERT_TRUE(send(asker.get(), std::string(100'000, '{')));
  std::string message;
  ASSERT_EQ(receive(relay.get(), message), Received::message);
  EXPECT_EQ(message.size(), kMaxMessage + 1);
  EXPECT_NE(why_no_request(message), "");
  asker.reset();
  EXPECT_EQ(receive(relay.get(), message), Received::end);
  EXPECT_TRUE(send(relay.get(), "nobody is there")) << "which is no error of the sender's";
}

TEST(RelayMessage, AnAnswerWithoutItsSocketIsNone) {
  EXPECT_THROW((void)parse_answer(as_bytes(R"({"id": 1, "connected": "203.0.113.9"})"), UniqueFd()), Error);
  EXPECT_THROW((void)parse_answer(as_bytes(R"({"id": 1, "refused": ""})"), UniqueFd()), Error);
  EXPECT_EQ(parse_answer(as_bytes(R"({"id": 1, "refused": "no"})"), UniqueFd()).refused, "no");
}

}  // namespace
}  // namespace candor::relay
