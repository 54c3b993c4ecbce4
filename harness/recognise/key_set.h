// SPDX-License-Identifier: Apache-2.0
//
// Many 8-byte keys, found at every offset of some bytes in one fast pass. Immutable after construction.
//
// How: eight bytes at any offset cover the five bytes at some multiple of four, so only every fourth position
// is looked at. All four 5-byte windows of each key are in a Bloom filter of one cache line per look-up
// (Putze, Sanders, Singler 2007, "Cache-, Hash- and Space-Efficient Bloom Filters"); where it says maybe, the
// four offsets whose key would cover the window are looked up in a hash table.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/bytes.h"

namespace candor::recognise {

class KeySet {
 public:
  static constexpr std::size_t kKeySize = 8;

  struct Entry {
    std::uint64_t key = 0;  ///< Eight bytes in the machine's order: key_at().
    std::uint32_t id = 0;   ///< Any but the highest.
  };
  [[nodiscard]] static std::uint64_t key_at(const std::uint8_t* bytes) {
    std::uint64_t key = 0;
    std::memcpy(&key, bytes, sizeof key);
    return key;
  }

  explicit KeySet(const std::vector<Entry>& entries);

  /// Calls `on_key(offset, id)` for every entry whose key stands at `offset`, offsets ascending. One of 2^32
  /// other places is reported as well: the caller compares.
  template <typename OnKey>
  void scan(ByteView bytes, OnKey&& on_key) const;

 private:
  /// One of the table's places; entries of one key stand in different ones.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t id = kEmpty;
  };
  static constexpr std::uint32_t kEmpty = ~0U;
  static constexpr std::size_t kStride = 4;
  static constexpr std::size_t kWindow = kKeySize - kStride + 1;
  static constexpr std::size_t kUnrolled = 4;

  /// Mixes all bits into all bits: the halves of the product of 64-bit numbers, added without carry.
  [[nodiscard]] static std::uint64_t mixed(std::uint64_t value) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(value) * 0x9e3779b97f4a7c15U;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }
  /// Of the first kWindow of eight bytes.
  [[nodiscard]] static std::uint64_t window_hash(std::uint64_t eight) {
    static_assert(std::endian::native == std::endian::little);
    return mixed(eight << (8 * (kKeySize - kWindow)));
  }
  [[nodiscard]] std::uint64_t maybe(std::uint64_t eight) const {
    const std::uint64_t hash = window_hash(eight);
    const std::uint64_t word = filter_[hash >> filter_shift_];
    return (word >> (hash & 63U)) & (word >> (hash >> 6U & 63U)) & 1U;
  }
  /// Calls on_key for all keys that cover the window at `at` and lie within `bytes`.
  template <typename OnKey>
  void look_up(ByteView bytes, std::size_t at, OnKey&& on_key) const;

  std::vector<std::uint64_t> filter_;
  unsigned filter_shift_ = 63;
  std::vector<Slot> slots_;
  unsigned slots_shift_ = 63;
};

template <typename OnKey>
void KeySet::look_up(ByteView bytes, std::size_t at, OnKey&& on_key) const {
  for (std::size_t begin = at < kStride ? 0 : at - (kStride - 1); begin <= at; ++begin) {
    if (begin + kKeySize > bytes.size()) return;
    const std::uint64_t hash = mixed(key_at(bytes.data() + begin));
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t i = hash >> slots_shift_; slots_[i].id != kEmpty; i = (i + 1) % slots_.size())
      if (slots_[i].tag == tag) on_key(begin, slots_[i].id);
  }
}

template <typename OnKey>
void KeySet::scan(ByteView bytes, OnKey&& on_key) const {
  if (slots_.empty()) return;
  const std::uint8_t* const data = bytes.data();
  std::size_t at = 0;
  // The last window's load reaches kKeySize bytes past its begin.
  for (; at + (kUnrolled - 1) * kStride + kKeySize <= bytes.size(); at += kUnrolled * kStride) {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < kUnrolled; ++i) any |= maybe(key_at(data + at + i * kStride)) << i;
    for (; any != 0; any &= any - 1)
      look_up(bytes, at + static_cast<std::size_t>(std::countr_zero(any)) * kStride, on_key);
  }
  for (; at + kWindow <= bytes.size(); at += kStride) look_up(bytes, at, on_key);
}

}  // namespace candor::recognise
