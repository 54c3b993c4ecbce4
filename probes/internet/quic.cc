// SPDX-License-Identifier: Apache-2.0
#include "internet/quic.h"

#include <algorithm>
#include <array>
#include <optional>

namespace candor::internet {

namespace {

constexpr std::size_t kSmallestInitial = 1200;
constexpr std::size_t kLongestId = 20;  // in the versions there are
constexpr std::size_t kIds = 5;         // behind the first byte and the version
constexpr std::array<std::uint8_t, 4> kReserved = {0x1a, 0x2a, 0x3a, 0x4a};

struct Ids {
  ByteView destination;
  ByteView source;
};

std::optional<Ids> ids_of(ByteView datagram) {
  if (datagram.size() <= kIds) return std::nullopt;
  const std::size_t destination = datagram[kIds];
  const std::size_t at = kIds + 1 + destination;
  if (destination > kLongestId || at >= datagram.size()) return std::nullopt;
  const std::size_t source = datagram[at];
  if (source > kLongestId || at + 1 + source > datagram.size()) return std::nullopt;
  return Ids{datagram.subspan(kIds + 1, destination), datagram.subspan(at + 1, source)};
}

void append_id(Bytes& out, ByteView id) {
  out.push_back(static_cast<std::uint8_t>(id.size()));
  out.insert(out.end(), id.begin(), id.end());
}

}  // namespace

bool is_quic_initial(const Route& /*route*/, ByteView datagram) {
  if (datagram.size() < kSmallestInitial || (datagram[0] & 0xC0U) != 0xC0U) return false;
  const bool versioned =
      std::any_of(datagram.begin() + 1, datagram.begin() + kIds, [](auto byte) { return byte != 0; });
  return versioned && ids_of(datagram).has_value();
}

Bytes quic_version_negotiation(const Route& /*route*/, ByteView datagram, std::int64_t /*wall_ns*/) {
  const std::optional<Ids> ids = ids_of(datagram);
  if (!ids) return {};
  Bytes answer = {0xC0, 0, 0, 0, 0};
  append_id(answer, ids->source);
  append_id(answer, ids->destination);
  answer.insert(answer.end(), kReserved.begin(), kReserved.end());
  return answer;
}

}  // namespace candor::internet
