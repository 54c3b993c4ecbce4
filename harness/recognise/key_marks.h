// SPDX-License-Identifier: Apache-2.0
//
// The marks of containers and messages under unknown keys of one byte, told by what two neighbouring bytes
// leave the same under any key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "recognise/one_byte_key.h"

namespace candor::recognise {

/// A container's or message's first bytes. Where `any` has an 'x', it may be any byte.
struct Mark {
  std::string_view bytes;
  std::string_view any = {};
};

/// Whether the mark stands at the begin of `bytes` once the key is undone.
[[nodiscard]] bool stands(const Mark& mark, ByteView bytes, std::uint8_t key, Way way);

/// What two neighbours leave the same under any key.
[[nodiscard]] inline std::uint8_t difference(std::uint8_t first, std::uint8_t second, Way way) {
  return static_cast<std::uint8_t>(way == Way::xored ? first ^ second : second - first);
}
/// The same of a mark's first two bytes.
[[nodiscard]] std::uint8_t difference(const Mark& mark, Way way);

/// Marks long enough to be told from chance once a key is chosen to fit the first byte, by difference().
using MarksByDifference = std::array<std::vector<const Mark*>, 256>;
[[nodiscard]] const MarksByDifference& marks_by_difference(Way way);

/// Calls `on_mark(mark, at, key)` for each that stands there under some key, 0 too.
template <typename OnMark>
void for_each_mark(ByteView bytes, Way way, OnMark&& on_mark) {
  const MarksByDifference& marks = marks_by_difference(way);
  for (std::size_t at = 0; at + 4 <= bytes.size(); ++at)
    for (const Mark* mark : marks[difference(bytes[at], bytes[at + 1], way)]) {
      const std::uint8_t key = key_for(bytes[at], static_cast<std::uint8_t>(mark->bytes[0]), way);
      if (stands(*mark, bytes.subspan(at), key, way)) on_mark(*mark, at, key);
    }
}

}  // namespace candor::recognise
