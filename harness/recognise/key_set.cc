// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_set.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>

namespace candor::recognise {

namespace {

static_assert(std::endian::native == std::endian::little, "a key's windows are shifted out of it");

/// More make the filter leave the second-level cache, fewer let too much through.
constexpr std::size_t kFilterBitsPerWindow = 16;
constexpr std::uint32_t kFirstMultiplier = 0x9e3779b1U;
constexpr std::uint32_t kSecondMultiplier = 0x85ebca77U;
constexpr unsigned kFold = 15;

/// Of a window's first four and last four bytes: what AVX2 multiplies at once.
std::uint32_t window_hash(std::uint32_t first, std::uint32_t last) {
  return (first ^ first >> kFold) * kFirstMultiplier + (last ^ last >> kFold) * kSecondMultiplier;
}

std::uint32_t four_at(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// The two bits of a filter's word that a window sets; its word is told by the hash's highest bits.
std::uint32_t marks(std::uint32_t hash) { return 1U << (hash & 31U) | 1U << (hash >> 5U & 31U); }

#ifdef __x86_64__
/// A summand of window_hash for eight windows.
__attribute__((target("avx2"))) __m256i multiplied(const std::uint8_t* bytes, __m256i multiplier) {
  const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const __m256i folded = _mm256_xor_si256(lanes, _mm256_srli_epi32(lanes, static_cast<int>(kFold)));
  return _mm256_mullo_epi32(folded, multiplier);
}
#endif

template <typename Word>
unsigned index_shift(const std::vector<Word>& table, unsigned hash_bits) {
  return hash_bits - static_cast<unsigned>(std::countr_zero(table.size()));
}

}  // namespace

KeySet::KeySet(const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  const std::size_t windows = entries.size() * kStride;
  filter_.resize(std::bit_ceil(std::max<std::size_t>(2, windows * kFilterBitsPerWindow / 32)));
  filter_shift_ = index_shift(filter_, 32);
  slots_.resize(std::bit_ceil(std::max<std::size_t>(2, entries.size() + entries.size() / 2)));
  slots_shift_ = index_shift(slots_, 64);
  for (const Entry& entry : entries) {
    for (std::size_t i = 0; i < kStride; ++i) {
      const std::uint32_t hash = window_hash(static_cast<std::uint32_t>(entry.key >> (8 * i)),
                                             static_cast<std::uint32_t>(entry.key >> (8 * (i + 1))));
      filter_[hash >> filter_shift_] |= marks(hash);
    }
    const std::uint64_t hash = mixed(entry.key);
    std::size_t place = hash >> slots_shift_;
    while (slots_[place].id != kEmpty) place = (place + 1) % slots_.size();
    slots_[place] = {.tag = static_cast<std::uint32_t>(hash), .id = entry.id};
  }
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") != 0) sieve_ = &KeySet::sieve_avx2;
#endif
}

bool KeySet::may_be_window(const std::uint8_t* window) const {
  const std::uint32_t hash = window_hash(four_at(window), four_at(window + 1));
  const std::uint32_t word = filter_[hash >> filter_shift_];
  return (word >> (hash & 31U) & word >> (hash >> 5U & 31U) & 1U) != 0;
}

unsigned KeySet::begins_of(ByteView bytes, std::size_t at) const {
  unsigned begins = 0;
  for (std::size_t before = 0; before < kStride; ++before) {
    if (before > at || at - before + kKeySize > bytes.size()) continue;
    const std::size_t second = before == 0 ? kStride - 1 : 0;
    begins |= static_cast<unsigned>(may_be_window(bytes.data() + at - before + second)) << before;
  }
  return begins;
}

std::uint64_t KeySet::sieve_portable(const std::uint8_t* windows, std::size_t count) const {
  std::uint64_t maybe = 0;
  for (std::size_t i = 0; i < count; ++i)
    maybe |= static_cast<std::uint64_t>(may_be_window(windows + i * kStride)) << i;
  return maybe;
}

#ifdef __x86_64__
/// The same for eight windows at a time; a block that is not full is left to the portable code.
__attribute__((target("avx2"))) std::uint64_t KeySet::sieve_avx2(const std::uint8_t* windows,
                                                                 std::size_t count) const {
  constexpr std::size_t kLanes = 8;
  if (count < kBlock) return sieve_portable(windows, count);
  const auto* const filter = reinterpret_cast<const int*>(filter_.data());
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(filter_shift_));
  const __m256i first_multiplier = _mm256_set1_epi32(static_cast<int>(kFirstMultiplier));
  const __m256i second_multiplier = _mm256_set1_epi32(static_cast<int>(kSecondMultiplier));
  const __m256i five_bits = _mm256_set1_epi32(31);
  const __m256i one = _mm256_set1_epi32(1);
  std::uint64_t maybe = 0;
  for (std::size_t i = 0; i < kBlock; i += kLanes) {
    const std::uint8_t* const at = windows + i * kStride;
    const __m256i hash =
        _mm256_add_epi32(multiplied(at, first_multiplier), multiplied(at + 1, second_multiplier));
    const __m256i word = _mm256_i32gather_epi32(filter, _mm256_srl_epi32(hash, shift), 4);
    const __m256i first = _mm256_sllv_epi32(one, _mm256_and_si256(hash, five_bits));
    const __m256i second = _mm256_sllv_epi32(one, _mm256_and_si256(_mm256_srli_epi32(hash, 5), five_bits));
    const __m256i both = _mm256_or_si256(first, second);
    const __m256i marked = _mm256_cmpeq_epi32(_mm256_and_si256(word, both), both);
    const auto lanes = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(marked)));
    maybe |= static_cast<std::uint64_t>(lanes) << i;
  }
  return maybe;
}
#endif

}  // namespace candor::recognise
