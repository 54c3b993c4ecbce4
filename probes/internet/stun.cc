// SPDX-License-Identifier: Apache-2.0
#include "internet/stun.h"

#include <algorithm>
#include <array>

namespace candor::internet {

namespace {

constexpr std::size_t kHeader = 20;
constexpr std::array<std::uint8_t, 2> kRequest = {0x00, 0x01};
constexpr std::array<std::uint8_t, 4> kCookie = {0x21, 0x12, 0xa4, 0x42};

template <typename Range>
void append(Bytes& out, const Range& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

bool is_stun_request(const Route& /*route*/, ByteView datagram) {
  if (datagram.size() < kHeader || !std::equal(kRequest.begin(), kRequest.end(), datagram.begin()))
    return false;
  const std::size_t length = std::size_t{datagram[2]} << 8U | datagram[3];
  return length == datagram.size() - kHeader &&
         std::equal(kCookie.begin(), kCookie.end(), datagram.begin() + 4);
}

Bytes stun_answer(const Route& route, ByteView request, std::int64_t /*wall_ns*/) {
  const asio::ip::address& address = route.source.address;
  // Port and address are combined with the cookie and the transaction id that follow it (section 14.2).
  const ByteView mask = request.subspan(4, 16);
  Bytes seen;
  if (address.is_v4()) {
    append(seen, address.to_v4().to_bytes());
  } else {
    append(seen, address.to_v6().to_bytes());
  }
  const auto size = static_cast<std::uint8_t>(4 + seen.size());
  Bytes answer = {0x01, 0x01, 0x00, static_cast<std::uint8_t>(4 + size)};
  append(answer, mask);
  const std::uint8_t family = address.is_v4() ? 1 : 2;
  const unsigned port = route.source.port;
  append(answer, Bytes{0x00, 0x20, 0x00, size, 0x00, family, static_cast<std::uint8_t>(port >> 8U ^ mask[0]),
                       static_cast<std::uint8_t>((port & 0xffU) ^ mask[1])});
  for (std::size_t i = 0; i < seen.size(); ++i)
    answer.push_back(static_cast<std::uint8_t>(seen[i] ^ mask[i]));
  return answer;
}

}  // namespace candor::internet
