// SPDX-License-Identifier: Apache-2.0
#include "recognise/window_table.h"

#include <algorithm>
#include <bit>

namespace candor::recognise {

namespace {

/// Bits of each bitmap for each entry: one look-up in so many passes by chance; fewer where it would not fit
/// the caches any more.
constexpr std::size_t kBitsPerEntry = 32;
constexpr std::size_t kFewBitsPerEntry = 8;
constexpr std::size_t kFewestBits = 1U << 12;
constexpr std::size_t kCached = 1U << 18;
constexpr std::size_t kMostBits = 1U << 26;

std::size_t bitmap_size(std::size_t entries) {
  if (entries * kBitsPerEntry <= kCached)
    return std::bit_ceil(std::max(kFewestBits, entries * kBitsPerEntry));
  return std::bit_ceil(std::clamp(entries * kFewBitsPerEntry, kCached, kMostBits));
}

}  // namespace

void WindowTable::freeze() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return mixed(a.key) < mixed(b.key); });
  const std::size_t bits = bitmap_size(entries_.size());
  shift_ = static_cast<unsigned>(64 - std::countr_zero(bits));
  bits_.assign(bits / 64, 0);
  more_bits_.assign(bits / 64, 0);
  const std::size_t buckets = std::bit_ceil(entries_.size() + 1);
  start_shift_ = static_cast<unsigned>(64 - std::countr_zero(buckets));
  if (start_shift_ > 63) start_shift_ = 63;
  starts_.assign((std::size_t{1} << (64 - start_shift_)) + 1, 0);
  for (const Entry& entry : entries_) {
    const std::uint64_t hash = mixed(entry.key);
    bits_[hash >> shift_ >> 6] |= std::uint64_t{1} << (hash >> shift_ & 63);
    const std::uint64_t other = (entry.key ^ entry.key >> 29) * 0xbf58476d1ce4e5b9U;
    more_bits_[other >> shift_ >> 6] |= std::uint64_t{1} << (other >> shift_ & 63);
    ++starts_[(hash >> start_shift_) + 1];
  }
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
}

std::span<const WindowTable::Entry> WindowTable::find(std::uint64_t key) const {
  if (entries_.empty()) return {};
  const std::size_t bucket = mixed(key) >> start_shift_;
  std::size_t begin = starts_[bucket];
  const std::size_t stop = starts_[bucket + 1];
  while (begin < stop && entries_[begin].key != key) ++begin;
  std::size_t end = begin;
  while (end < stop && entries_[end].key == key) ++end;
  return {entries_.data() + begin, end - begin};
}

}  // namespace candor::recognise
