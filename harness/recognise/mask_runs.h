// SPDX-License-Identifier: Apache-2.0
//
// Runs of bytes of some kind, found 64 bytes at a time: a word has a bit for each byte that is of the kind.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace candor::recognise {

__extension__ using Wide = unsigned __int128;  // Of GCC and Clang, which the rest asks for as well.

/// A bit for each byte of a layer, in words of 64, and a word of zeros after them.
using Mask = std::vector<std::uint64_t>;

/// The first position from `at` on whose bit is not set.
inline std::size_t first_clear(const Mask& mask, std::size_t at) {
  std::size_t word = at / 64;
  std::uint64_t clear = ~mask[word] & (~std::uint64_t{0} << at % 64);
  while (clear == 0) clear = ~mask[++word];
  return word * 64 + static_cast<std::size_t>(std::countr_zero(clear));
}

/// Calls `on_run(begin, end)` for each maximal run of at least `kShortest` set bits, which must be at most
/// 64, ascending.
template <std::size_t kShortest, typename OnRun>
void for_each_mask_run(const Mask& mask, const OnRun& on_run) {
  static_assert(kShortest > 1 && kShortest <= 64);
  std::size_t done = 0;
  for (std::size_t word = 0; word + 1 < mask.size(); ++word) {
    // Bits from which on kShortest are set, by doubling the length that is known to be.
    Wide both = mask[word] | static_cast<Wide>(mask[word + 1]) << 64;
    std::size_t length = 1;
    while (2 * length <= kShortest) {
      both &= both >> length;
      length *= 2;
    }
    both &= both >> (kShortest - length);
    auto begins = static_cast<std::uint64_t>(both);
    while (begins != 0) {
      const std::size_t begin = word * 64 + static_cast<std::size_t>(std::countr_zero(begins));
      if (begin >= done) {
        done = first_clear(mask, begin);
        on_run(begin, done);
      }
      if (done >= (word + 1) * 64) break;
      begins &= ~std::uint64_t{0} << done % 64;
    }
  }
}

}  // namespace candor::recognise
