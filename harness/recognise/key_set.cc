// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_set.h"

namespace candor::recognise {

namespace {

/// More make the filter leave the second-level cache, fewer let too much through.
constexpr std::size_t kFilterBitsPerWindow = 16;

}  // namespace

KeySet::KeySet(const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  const std::size_t windows = entries.size() * kStride;
  filter_.resize(std::bit_ceil(std::max<std::size_t>(2, windows * kFilterBitsPerWindow / 64)));
  filter_shift_ = 64U - static_cast<unsigned>(std::countr_zero(filter_.size()));
  slots_.resize(std::bit_ceil(std::max<std::size_t>(2, entries.size() + entries.size() / 2)));
  slots_shift_ = 64U - static_cast<unsigned>(std::countr_zero(slots_.size()));
  for (const Entry& entry : entries) {
    for (std::size_t i = 0; i < kStride; ++i) {
      const std::uint64_t hash = window_hash(entry.key >> (8 * i));
      filter_[hash >> filter_shift_] |= 1ULL << (hash & 63U) | 1ULL << (hash >> 6U & 63U);
    }
    const std::uint64_t hash = mixed(entry.key);
    std::size_t place = hash >> slots_shift_;
    while (slots_[place].id != kEmpty) place = (place + 1) % slots_.size();
    slots_[place] = {.tag = static_cast<std::uint32_t>(hash), .id = entry.id};
  }
}

}  // namespace candor::recognise
