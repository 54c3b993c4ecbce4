// SPDX-License-Identifier: Apache-2.0
//
// Classes of bytes, and runs of them found without looking at every byte: a run of at least `shortest` bytes
// covers every `shortest`-th position of the layer, so only those are probed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace candor::recognise {

class ByteClass {
 public:
  constexpr explicit ByteClass(std::string_view members) {
    for (const char c : members) in_[static_cast<std::uint8_t>(c)] = true;
  }
  constexpr ByteClass& range(int first, int last) {
    for (int c = first; c <= last; ++c) in_[static_cast<std::size_t>(c)] = true;
    return *this;
  }
  [[nodiscard]] constexpr bool has(std::uint8_t byte) const { return in_[byte]; }

 private:
  std::array<bool, 256> in_{};
};

/// Calls `on_run(begin, end)` for each maximal run of at least `shortest` members, in order, while it
/// returns true.
template <typename OnRun>
void for_each_run(ByteView layer, const ByteClass& members, std::size_t shortest, OnRun&& on_run) {
  std::size_t from = 0;
  while (from + shortest <= layer.size()) {
    std::size_t begin = from + shortest;
    while (begin > from && members.has(layer[begin - 1])) --begin;
    if (begin > from) {  // A foreign byte just before `begin`.
      from = begin;
      continue;
    }
    std::size_t end = from + shortest;
    while (end < layer.size() && members.has(layer[end])) ++end;
    if (!on_run(from, end)) return;
    from = end + 1;
  }
}

}  // namespace candor::recognise
