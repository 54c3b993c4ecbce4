// SPDX-License-Identifier: Apache-2.0
//
// Looks up 64-bit keys made of short windows of bytes, nearly always in vain: one bit of a small bitmap
// answers, and only a set one leads on to the exact table. Immutable once frozen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace candor::recognise {

class WindowTable {
 public:
  /// Where a window stands: at `offset` of the string numbered `string`.
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t string = 0;
    std::uint32_t offset = 0;
  };

  void add(std::uint64_t key, std::size_t string, std::size_t offset) {
    entries_.push_back({key, static_cast<std::uint32_t>(string), static_cast<std::uint32_t>(offset)});
  }
  /// Call once, after the last add() and before the first look-up.
  void freeze();

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] bool may_hold(std::uint64_t key) const {
    const std::uint64_t at = mixed(key) >> shift_;
    return (bits_[at >> 6] >> (at & 63) & 1) != 0 && may_hold_still(key);
  }
  /// The second half of may_hold(), for when the first said yes: another bitmap, another hash.
  [[nodiscard]] bool may_hold_still(std::uint64_t key) const {
    const std::uint64_t at = (key ^ key >> 29) * 0xbf58476d1ce4e5b9U >> shift_;
    return (more_bits_[at >> 6] >> (at & 63) & 1) != 0;
  }
  /// All entries of a key.
  [[nodiscard]] std::span<const Entry> find(std::uint64_t key) const;
  /// For the hot loops, which keep them in registers.
  [[nodiscard]] const std::uint64_t* bits() const { return bits_.data(); }
  [[nodiscard]] unsigned shift() const { return shift_; }

  /// Multiplicative hashing (Knuth, TAOCP 3, 6.4) by an odd constant near 2^64 divided by the golden ratio;
  /// the high bits are the good ones.
  [[nodiscard]] static std::uint64_t mixed(std::uint64_t key) { return key * 0x9e3779b97f4a7c15U; }

 private:
  std::vector<Entry> entries_;         ///< By mixed key.
  std::vector<std::uint32_t> starts_;  ///< By the high bits of the mixed key.
  unsigned start_shift_ = 63;
  std::vector<std::uint64_t> bits_ = {0};
  std::vector<std::uint64_t> more_bits_ = {0};
  unsigned shift_ = 63;
};

}  // namespace candor::recognise
