// SPDX-License-Identifier: Apache-2.0
#include "internet/ntp.h"

#include <algorithm>

namespace candor::internet {

namespace {

constexpr std::size_t kHeader = 48;
constexpr std::uint16_t kPort = 123;
constexpr unsigned kClient = 3;
constexpr unsigned kServer = 4;
constexpr std::uint64_t kSecondsBefore1970 = 2'208'988'800;  // NTP counts from 1900
constexpr std::int64_t kSecond = 1'000'000'000;

void put(Bytes& packet, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    packet[at + i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
}

/// Seconds and their 32-bit fraction.
std::uint64_t timestamp(std::int64_t wall_ns) {
  const std::uint64_t seconds = static_cast<std::uint64_t>(wall_ns / kSecond) + kSecondsBefore1970;
  const std::uint64_t fraction = (static_cast<std::uint64_t>(wall_ns % kSecond) << 32) / kSecond;
  return seconds << 32 | fraction;
}

}  // namespace

bool is_ntp_request(const Route& route, ByteView datagram) {
  if (route.destination.port != kPort || datagram.size() < kHeader) return false;
  const unsigned version = datagram[0] >> 3U & 7U;
  return (datagram[0] & 7U) == kClient && version >= 1 && version <= 4;
}

Bytes ntp_answer(const Route& /*route*/, ByteView request, std::int64_t wall_ns) {
  constexpr std::size_t kPoll = 2;
  constexpr std::size_t kOrigin = 24;
  constexpr std::size_t kTransmit = 40;
  Bytes answer(kHeader);
  answer[0] = static_cast<std::uint8_t>((request[0] & 0x38U) | kServer);
  answer[1] = 2;  // stratum: synchronised to a primary server
  answer[kPoll] = request[kPoll];
  answer[3] = static_cast<std::uint8_t>(-20);  // precision: about a microsecond
  put(answer, 4, 0x0000'0100, 4);              // root delay and dispersion: 4 ms
  put(answer, 8, 0x0000'0100, 4);
  put(answer, 12, 0xC612'0001, 4);  // its own source: 198.18.0.1
  put(answer, 16, timestamp(wall_ns - 16 * kSecond), 8);
  std::copy_n(request.begin() + kTransmit, 8, answer.begin() + kOrigin);
  put(answer, 32, timestamp(wall_ns), 8);
  put(answer, kTransmit, timestamp(wall_ns), 8);
  return answer;
}

}  // namespace candor::internet
