// SPDX-License-Identifier: Apache-2.0
//
// Ways to put a key of one byte on every byte of something.
#pragma once

#include <cstddef>
#include <cstdint>

namespace candor::recognise {

enum class Way {
  xored,
  added,
  added_to_swapped,   ///< The sum's nibbles were swapped before.
  added_to_inverted,  ///< All bits were inverted before; after is the same with another key.
};

inline constexpr std::size_t kWays = 4;

/// What `byte` was before the key was put on.
[[nodiscard]] std::uint8_t without_key(std::uint8_t byte, std::uint8_t key, Way way);

/// The key under which `plain` became `byte`.
[[nodiscard]] std::uint8_t key_for(std::uint8_t byte, std::uint8_t plain, Way way);

/// Whether key 0 leaves bytes as they stand.
[[nodiscard]] inline bool is_plain_at_zero(Way way) { return way == Way::xored || way == Way::added; }

}  // namespace candor::recognise
