// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>

#include "world.h"

namespace candor::internet_e2e {
namespace {

TEST(InternetUdp, KeepsTheDatagramsOfAConversationInOneStreamWithTheirLengths) {
  Lab lab;
  for (const char* address : {"203.0.113.7", "2001:db8:9::7"}) {
    const bool v6 = std::string(address).find(':') != std::string::npos;
    const UniqueFd socket(::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    send_udp(address, 9999, "TOP ", socket.get());
    send_udp(address, 9999, "", socket.get());
    send_udp(address, 9999, "SECRET", socket.get());
  }
  EXPECT_TRUE(lab.finish());
  const auto streams = lab.all("internet.stream/1");
  ASSERT_EQ(streams.size(), 2U);
  for (const Json& stream : streams) {
    EXPECT_EQ(stream["transport"], "udp");
    EXPECT_EQ(lab.content(stream), "TOP SECRET");
    EXPECT_EQ(stream["datagrams"], 3);
    EXPECT_EQ(stream["datagram_lengths"], Json::array({4, 0, 6}));
    EXPECT_EQ(stream["ended"], "stopped");
    EXPECT_EQ(stream["wire_bytes"], 10);
  }
  EXPECT_EQ(streams[1]["destination"]["address"], "2001:db8:9::7");
}

TEST(InternetUdp, TellsConversationsApartBySourceAndDestination) {
  Lab lab;
  for (int i = 0; i < 3; ++i) {
    send_udp("203.0.113.7", 123, "ntp " + std::to_string(i));
    send_udp("203.0.113.8", 123, "ntp " + std::to_string(i));
  }
  EXPECT_TRUE(lab.finish());
  EXPECT_EQ(lab.all("internet.stream/1").size(), 6U);
}

TEST(InternetUdp, LosesNoDatagramOfABurstUnnoticed) {
  Lab lab;
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  constexpr std::uint64_t kSent = 50'000;
  const std::string payload(1000, 'u');
  for (std::uint64_t i = 0; i < kSent; ++i) send_udp("203.0.113.7", 443, payload, socket.get());
  EXPECT_TRUE(lab.finish());
  const Json stream = lab.all("internet.stream/1").at(0);
  const auto dropped = static_cast<std::uint64_t>(lab.account().dropped);
  EXPECT_EQ(stream["datagrams"].get<std::uint64_t>() + dropped, kSent);
  EXPECT_LE(stream["datagram_lengths"].size(), 1024U);
}

}  // namespace
}  // namespace candor::internet_e2e
