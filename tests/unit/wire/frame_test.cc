// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include <gtest/gtest.h>

namespace candor::wire {
namespace {

Bytes ethernet(unsigned type, const Bytes& payload) {
  Bytes frame(12);
  frame.push_back(static_cast<std::uint8_t>(type >> 8));
  frame.push_back(static_cast<std::uint8_t>(type));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

Bytes ipv6(std::uint8_t next, const Bytes& payload) {
  Bytes packet(40);
  packet[6] = next;
  packet.insert(packet.end(), payload.begin(), payload.end());
  return ethernet(0x86DD, packet);
}

TEST(Frame, TakesArpAndDiscoveryAndMembershipForUpkeep) {
  EXPECT_TRUE(is_upkeep(ethernet(0x0806, Bytes(28))));
  for (const std::uint8_t type : Bytes{130, 131, 132, 133, 134, 135, 136, 137, 143})
    EXPECT_TRUE(is_upkeep(ipv6(58, {type})));
  EXPECT_TRUE(is_upkeep(ipv6(0, {58, 0, 5, 2, 0, 0, 1, 0, 143})));
}

TEST(Frame, TakesNothingElseForUpkeep) {
  EXPECT_FALSE(is_upkeep(ethernet(0x0800, Bytes(40))));
  EXPECT_FALSE(is_upkeep(ipv6(17, {135})));
  for (const std::uint8_t type : Bytes{1, 128, 129, 138, 144}) EXPECT_FALSE(is_upkeep(ipv6(58, {type})));
  EXPECT_FALSE(is_upkeep(ipv6(0, {17, 0, 5, 2, 0, 0, 1, 0, 143})));
}

TEST(Frame, ReadsNothingBeyondTheFramesEnd) {
  EXPECT_FALSE(is_upkeep({}));
  EXPECT_FALSE(is_upkeep(Bytes(13)));
  EXPECT_FALSE(is_upkeep(ipv6(58, {})));
  EXPECT_FALSE(is_upkeep(ipv6(0, {58, 255, 0, 0, 0, 0, 0, 0, 143})));
  Bytes cut = ipv6(58, {135});
  while (!cut.empty()) {
    cut.pop_back();
    EXPECT_FALSE(is_upkeep(cut));
  }
}

TEST(Frame, SaysItsLengthInBigEndian) {
  const auto prefix = prefix_of(0x01020304);
  EXPECT_EQ(announced(prefix), 0x01020304U);
  EXPECT_EQ(announced(ByteView(prefix).first(3)), std::nullopt);
}

}  // namespace
}  // namespace candor::wire
