// SPDX-License-Identifier: Apache-2.0
#include "recognise/fold_bytes.h"

#include <immintrin.h>

#include <algorithm>
#include <array>

namespace candor::recognise {

namespace {

constexpr std::size_t kVector = 16;

constexpr bool is_white(std::uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }
constexpr std::uint8_t lower(std::uint8_t c) {
  if (is_white(c)) return ' ';
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c | 0x20) : c;
}

/// For each set of eight bytes to keep, where they come from.
constexpr std::array<std::array<std::uint8_t, 8>, 256> kKept = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (std::size_t mask = 0; mask < 256; ++mask) {
    std::size_t count = 0;
    for (std::uint8_t i = 0; i < 8; ++i)
      if ((mask >> i & 1) != 0) table[mask][count++] = i;
  }
  return table;
}();

/// Folds `size` bytes, a multiple of kVector; returns the end of what was written. `white` tells whether the
/// byte before was white space. Writes up to kVector bytes beyond the end.
__attribute__((target("ssse3,popcnt"))) std::uint8_t* fold_vectors(const std::uint8_t* from, std::size_t size,
                                                                   std::uint8_t* to, unsigned& white) {
  for (std::size_t at = 0; at < size; at += kVector) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
    // Ranges by signed comparison, shifted so that the range ends at the largest value.
    const __m128i capitals =
        _mm_cmpgt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(127 - 'Z')), _mm_set1_epi8(127 - 26));
    const __m128i controls =
        _mm_cmpgt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(127 - 13)), _mm_set1_epi8(127 - 5));
    const __m128i whites = _mm_or_si128(controls, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')));
    const __m128i small = _mm_or_si128(bytes, _mm_and_si128(capitals, _mm_set1_epi8(0x20)));
    const __m128i folded =
        _mm_or_si128(_mm_andnot_si128(whites, small), _mm_and_si128(whites, _mm_set1_epi8(' ')));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(whites));
    const unsigned keep = ~(mask & (mask << 1 | white)) & 0xffffU;
    white = mask >> 15;
    if (keep == 0xffffU) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), folded);
      to += kVector;
      continue;
    }
    const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kKept[keep & 0xff].data()));
    const __m128i high = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kKept[keep >> 8].data()));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(folded, low));
    to += __builtin_popcount(keep & 0xff);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_shuffle_epi8(_mm_srli_si128(folded, 8), high));
    to += __builtin_popcount(keep >> 8);
  }
  return to;
}

std::uint8_t* fold_rest(ByteView rest, std::uint8_t* to, unsigned& white) {
  for (const std::uint8_t byte : rest) {
    const bool is = is_white(byte);
    if (!is || white == 0) *to++ = lower(byte);
    white = is ? 1 : 0;
  }
  return to;
}

}  // namespace

void FoldedPiece::fold(ByteView piece) {
  piece_ = piece;
  if (bytes_.size() < piece.size() + 2 * kVector) bytes_.resize(piece.size() + 2 * kVector);
  marks_.clear();
  std::uint8_t* to = bytes_.data();
  unsigned white = 0;
  for (std::size_t at = 0; at < piece.size(); at += kMark) {
    marks_.push_back(static_cast<std::uint32_t>(to - bytes_.data()));
    const ByteView part = piece.subspan(at, std::min(kMark, piece.size() - at));
    const std::size_t whole = part.size() / kVector * kVector;
    to = fold_vectors(part.data(), whole, to, white);
    to = fold_rest(part.subspan(whole), to, white);
  }
  size_ = static_cast<std::size_t>(to - bytes_.data());
}

std::size_t FoldedPiece::source_of(std::size_t at) const {
  if (at >= size_) return piece_.size();
  const auto after = std::upper_bound(marks_.begin(), marks_.end(), at);
  const auto mark = static_cast<std::size_t>(after - marks_.begin()) - 1;
  std::size_t source = mark * kMark;
  std::size_t folded = marks_[mark];
  bool white = source > 0 && is_white(piece_[source - 1]);
  for (; source < piece_.size(); ++source) {
    const bool is = is_white(piece_[source]);
    const bool kept = !is || !white;
    if (kept && folded == at) return source;
    folded += kept ? 1 : 0;
    white = is;
  }
  return piece_.size();
}

}  // namespace candor::recognise
