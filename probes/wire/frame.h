// SPDX-License-Identifier: Apache-2.0
//
// What the wire needs to know of a frame: how QEMU's stream carries it, and whether it is mere upkeep.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace candor::wire {

inline constexpr std::size_t kPrefix = 4;  ///< Big-endian length before each frame in QEMU's stream.
inline constexpr std::size_t kMaxFrame = 4096 + 65536;  ///< QEMU's NET_BUFSIZE: it cannot send more.
inline constexpr std::size_t kEthernetHeader = 14;  ///< Less cannot be delivered; a guest can send it still.

[[nodiscard]] std::array<std::uint8_t, kPrefix> prefix_of(std::size_t frame_size);
/// The length at the start of `stream`, if its four bytes are there.
[[nodiscard]] std::optional<std::size_t> announced(ByteView stream);

/// ARP, neighbour and router discovery, and multicast membership: what an idle guest sends by itself. Only
/// these; an echo request, though ICMPv6 too, may carry anything.
[[nodiscard]] bool is_upkeep(ByteView frame);

}  // namespace candor::wire
