// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

namespace candor::wire {

namespace {

constexpr unsigned kArp = 0x0806;
constexpr unsigned kIpv6 = 0x86DD;
constexpr std::size_t kIpv6Header = 40;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kIcmpv6 = 58;

unsigned ether_type(ByteView frame) { return (unsigned{frame[12]} << 8) | frame[13]; }

/// Of an ICMPv6 packet, also behind the one hop-by-hop header that membership reports have.
std::optional<std::uint8_t> icmpv6_type(ByteView packet) {
  if (packet.size() < kIpv6Header) return std::nullopt;
  std::uint8_t next = packet[6];
  ByteView rest = packet.subspan(kIpv6Header);
  if (next == kHopByHop && rest.size() >= 8) {
    const std::size_t length = (std::size_t{rest[1]} + 1) * 8;
    if (rest.size() < length) return std::nullopt;
    next = rest[0];
    rest = rest.subspan(length);
  }
  if (next != kIcmpv6 || rest.empty()) return std::nullopt;
  return rest[0];
}

}  // namespace

std::array<std::uint8_t, kPrefix> prefix_of(std::size_t frame_size) {
  return {static_cast<std::uint8_t>(frame_size >> 24), static_cast<std::uint8_t>(frame_size >> 16),
          static_cast<std::uint8_t>(frame_size >> 8), static_cast<std::uint8_t>(frame_size)};
}

std::optional<std::size_t> announced(ByteView stream) {
  if (stream.size() < kPrefix) return std::nullopt;
  return (std::size_t{stream[0]} << 24) | (std::size_t{stream[1]} << 16) | (std::size_t{stream[2]} << 8) |
         stream[3];
}

bool is_upkeep(ByteView frame) {
  if (frame.size() < kEthernetHeader) return false;
  const unsigned type = ether_type(frame);
  if (type == kArp) return true;
  if (type != kIpv6) return false;
  const std::optional<std::uint8_t> icmp = icmpv6_type(frame.subspan(kEthernetHeader));
  const bool membership = icmp && ((*icmp >= 130 && *icmp <= 132) || *icmp == 143);
  const bool discovery = icmp && *icmp >= 133 && *icmp <= 137;
  return membership || discovery;
}

}  // namespace candor::wire
