// SPDX-License-Identifier: Apache-2.0
#include "recognise/layer_map.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <string_view>

#include "recognise/mask_runs.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kWord = 64;
constexpr std::size_t kBlock = 16;  // Letters.

/// Letters that often follow 'a', 'b' … : the 240 pairs that make up 95 % of those in English manuals and
/// program text.
constexpr std::array<std::string_view, 26> kFollowers = {"bcdgilmnprstuvy",
                                                         "aeijlorsuy",
                                                         "acehiklmorstu",
                                                         "adeiosu",
                                                         "acdefglmnpqrstvwxy",
                                                         "aefilortu",
                                                         "ehilnrs",
                                                         "aeioprt",
                                                         "abcdefglmnoprstvz",
                                                         "es",
                                                         "e",
                                                         "adeilostuy",
                                                         "abeilmopsu",
                                                         "acdefgilostuv",
                                                         "bcdfilmnoprstuvw",
                                                         "aehikloprstuy",
                                                         "u",
                                                         "acdegilmnorstuvy",
                                                         "acehiklnoprstuy",
                                                         "acdehilmoprstuxy",
                                                         "abcdeilmnprst",
                                                         "aeio",
                                                         "ahi",
                                                         "pt",
                                                         "p",
                                                         "e"};

/// kFollowers as bits: row r of letter a has bit b if letter 8 r + b follows a. In halves of 16 letters, as
/// shuffles look them up.
struct FollowerRows {
  alignas(16) std::array<std::array<std::array<std::uint8_t, 16>, 2>, 4> rows{};
};
constexpr FollowerRows kRows = [] {
  FollowerRows table;
  for (std::size_t first = 0; first < kFollowers.size(); ++first)
    for (const char second : kFollowers[first]) {
      const auto letter = static_cast<std::size_t>(second - 'a');
      std::uint8_t& row = table.rows[letter / 8][first / 16][first % 16];
      row = static_cast<std::uint8_t>(row | 1U << letter % 8);
    }
  return table;
}();

/// Bits for 32 bytes.
std::uint64_t bits_of(__m256i matches) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(matches)); }

/// Bytes in [first, last], both below 0x7f. Signed comparison: bytes from 0x80 on are negative.
__m256i between(__m256i bytes, char first, char last) {
  return _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(static_cast<char>(first - 1))),
                          _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(last + 1)), bytes));
}

std::uint64_t solid_half(const std::uint8_t* at) {
  return bits_of(between(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)), 0x21, 0x7e));
}

std::uint64_t solid_word(const std::uint8_t* bytes) {
  return solid_half(bytes) | solid_half(bytes + kWord / 2) << 32;
}

/// The bytes of a table of 32 that `indices` (0 to 31) name.
__m256i looked_up(const std::array<std::array<std::uint8_t, 16>, 2>& halves, __m256i indices) {
  const auto half = [&](std::size_t which) {
    const __m128i table = _mm_load_si128(reinterpret_cast<const __m128i*>(halves[which].data()));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), indices);
  };
  return _mm256_blendv_epi8(half(0), half(1), _mm256_slli_epi16(indices, 3));
}

/// Where letter `second` often follows letter `first` (0 to 31 each).
__m256i follows(__m256i first, __m256i second) {
  const __m256i bit3 = _mm256_slli_epi16(second, 4);
  const __m256i bit4 = _mm256_slli_epi16(second, 3);
  const __m256i low =
      _mm256_blendv_epi8(looked_up(kRows.rows[0], first), looked_up(kRows.rows[1], first), bit3);
  const __m256i high =
      _mm256_blendv_epi8(looked_up(kRows.rows[2], first), looked_up(kRows.rows[3], first), bit3);
  const __m256i row = _mm256_blendv_epi8(low, high, bit4);
  const __m256i bits = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128,  //
                                        1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(second, _mm256_set1_epi8(7)));
  return _mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit);
}

struct Half {
  std::uint64_t small, capital, digit, follows, same;
};

Half half_of(const std::uint8_t* at, __m256i before) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  const __m256i five = _mm256_set1_epi8(0x1f);
  const __m256i one = _mm256_set1_epi8(1);
  return {.small = bits_of(between(bytes, 'a', 'z')),
          .capital = bits_of(between(bytes, 'A', 'Z')),
          .digit = bits_of(between(bytes, '0', '9')),
          .follows = bits_of(follows(_mm256_sub_epi8(_mm256_and_si256(before, five), one),
                                     _mm256_sub_epi8(_mm256_and_si256(bytes, five), one))),
          .same = bits_of(_mm256_cmpeq_epi8(bytes, before))};
}

/// What stands in a word of a layer, given the byte before it and the word before.
Letters letters_of(const std::uint8_t* bytes, std::uint64_t solid, std::uint8_t last, const Letters& before) {
  std::array<std::uint8_t, kWord> shifted;
  shifted[0] = last;
  std::copy(bytes, bytes + kWord - 1, shifted.begin() + 1);
  const auto load = [&](std::size_t at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(shifted.data() + at));
  };
  const Half low = half_of(bytes, load(0));
  const Half high = half_of(bytes + kWord / 2, load(kWord / 2));
  Letters word;
  word.any = solid;
  word.small = (low.small | high.small << 32) & solid;
  word.capital = (low.capital | high.capital << 32) & solid;
  word.digit = (low.digit | high.digit << 32) & solid;
  const auto shift = [](std::uint64_t bits, std::uint64_t earlier) { return bits << 1 | earlier >> 63; };
  const std::uint64_t small = shift(word.small, before.small);
  const std::uint64_t capital = shift(word.capital, before.capital);
  const std::uint64_t digit = shift(word.digit, before.digit);
  const std::uint64_t letter = small | capital;
  word.pair = (word.small | word.capital | word.digit) & (letter | digit);
  const std::uint64_t both_digits = word.digit & digit & ~(low.same | high.same << 32);
  const std::uint64_t both_letters = (word.small | word.capital) & letter & ~(small & word.capital);
  word.natural = both_digits | (both_letters & (low.follows | high.follows << 32));
  return word;
}

/// Fills the map's letters where solid parts are, and keeps what stands there only.
class Reader {
 public:
  Reader(LayerMap& map) : map_(map) { map_.letters.resize(map_.bytes.size() / kWord + 2); }

  void read(Interval part) {
    for (std::size_t word = std::max(part.begin / kWord, done_); word <= (part.end - 1) / kWord; ++word)
      read(word);
    done_ = (part.end - 1) / kWord + 1;
  }

 private:
  void read(std::size_t word) {
    const std::size_t at = word * kWord;
    const std::uint8_t last = at == 0 ? 0 : map_.bytes[at - 1];
    std::array<std::uint8_t, kWord> rest;
    const std::uint8_t* bytes = map_.bytes.data() + at;
    if (at + kWord > map_.bytes.size()) {
      rest.fill(0);
      std::copy(map_.bytes.begin() + static_cast<std::ptrdiff_t>(at), map_.bytes.end(), rest.begin());
      bytes = rest.data();
    }
    const Letters before = word == 0 ? Letters{} : map_.letters[word - 1];
    map_.letters[word] = letters_of(bytes, solid_word(bytes), last, before);
  }

  LayerMap& map_;
  std::size_t done_ = 0;  ///< Words read.
};

/// The bits of [begin, end) that fall into a word.
std::uint64_t part_of_word(std::size_t word, Interval part) {
  std::uint64_t bits = ~std::uint64_t{0};
  if (word == part.begin / kWord) bits &= ~std::uint64_t{0} << part.begin % kWord;
  if (word == part.end / kWord) bits &= ~(~std::uint64_t{0} << part.end % kWord);
  return bits;
}

std::size_t count(std::uint64_t bits) { return static_cast<std::size_t>(std::popcount(bits)); }

/// Whether three unnatural pairs stand within kOddWindow letters, or two at most kOddPair apart, or one where
/// marks leave few pairs.
bool is_odd(const LayerMap& map, Interval part) {
  std::size_t last = 0;  // One beyond the place of the last such pair, and of the one before it.
  std::size_t last_but_one = 0;
  for (std::size_t word = part.begin / kWord; word <= part.end / kWord; ++word) {
    const Letters& letters = map.letters[word];
    std::uint64_t unnatural = letters.pair & ~letters.natural & part_of_word(word, part);
    for (; unnatural != 0; unnatural &= unnatural - 1) {
      const std::size_t place = word * kWord + static_cast<std::size_t>(std::countr_zero(unnatural)) + 1;
      if (last_but_one != 0 && place - last_but_one < LayerMap::kOddWindow) return true;
      if (last != 0 && place - last <= LayerMap::kOddPair) return true;
      last_but_one = last;
      last = place;
    }
  }
  return last != 0 && map.texture(part).pairs * 2 < part.size();
}

bool is_blank(std::uint8_t c) { return c <= ' '; }
bool is_mark(std::uint8_t c) {
  const std::uint8_t letter = c | 0x20;
  return !(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'z');
}

}  // namespace

Texture LayerMap::texture(Interval part) const {
  Texture result;
  if (part.size() == 0 || letters.empty()) return result;
  for (std::size_t word = part.begin / kWord; word <= (part.end - 1) / kWord; ++word) {
    const Letters& here = letters[word];
    const std::uint64_t inside = part_of_word(word, part);
    // The first letter has no neighbour before it.
    std::uint64_t behind = inside;
    if (word == part.begin / kWord) behind &= behind - 1;
    const Letters before = word == 0 ? Letters{} : letters[word - 1];
    const auto differs = [](std::uint64_t bits, std::uint64_t earlier) {
      return bits ^ (bits << 1 | earlier >> 63);
    };
    const std::uint64_t neighbours = here.any & (here.any << 1 | before.any >> 63);
    const std::uint64_t changed = differs(here.small, before.small) | differs(here.capital, before.capital) |
                                  differs(here.digit, before.digit);
    result.letters += count(here.any & inside);
    result.capitals += count(here.capital & inside);
    result.digits += count(here.digit & inside);
    result.marks += count(here.any & ~(here.small | here.capital | here.digit) & inside);
    result.pairs += count(here.pair & behind);
    result.natural += count(here.natural & behind);
    result.changes += count(changed & neighbours & behind);
  }
  return result;
}

bool LayerMap::partly_unlike_words(Interval part) const {
  if (part.size() < 2 * kBlock) return !texture(part).like_words();
  for (std::size_t at = part.begin; at + kBlock <= part.end; at += kBlock)
    if (!texture({at, at + kBlock}).like_words()) return true;
  return false;
}

bool LayerMap::begins_like_a_word(Interval part) const {
  if (part.size() < kShortestSolid || letters.empty()) return false;
  for (std::size_t at = part.begin + 2; at < part.begin + kShortestSolid; at += 2)
    if ((letters[at / kWord].natural >> at % kWord & 1) == 0) return false;
  return true;
}

bool LayerMap::has_capitals_or_digits(Interval part, std::size_t fewest) const {
  std::size_t found = 0;
  for (std::size_t word = part.begin / kWord; word * kWord < part.end && found < fewest; ++word)
    found += count((letters[word].capital | letters[word].digit) & part_of_word(word, part));
  return found >= fewest;
}

LayerMap map_of(ByteView layer) {
  LayerMap map{.bytes = layer};
  Mask solid(layer.size() / kWord + 2);
  const std::size_t whole = layer.size() / kWord;
  for (std::size_t word = 0; word < whole; ++word) solid[word] = solid_word(layer.data() + word * kWord);
  std::array<std::uint8_t, kWord> rest{};
  std::copy(layer.begin() + static_cast<std::ptrdiff_t>(whole * kWord), layer.end(), rest.begin());
  solid[whole] = solid_word(rest.data());
  for_each_mask_run<LayerMap::kShortestSolid>(solid, [&](std::size_t begin, std::size_t end) {
    map.solid.push_back({begin, end});
  });
  if (map.solid.empty()) return map;
  Reader reader(map);
  for (const Interval part : map.solid) {
    reader.read(part);
    if (is_odd(map, part)) map.odd.push_back(part);
  }
  return map;
}

std::size_t kinds_of_letters(ByteView run, std::size_t limit) {
  std::bitset<256> seen;
  std::size_t letters = 0;
  for (const std::uint8_t c : run) {
    if (is_blank(c)) continue;
    seen.set(c);
    if (++letters == limit) break;
  }
  return seen.count();
}

std::size_t kinds_of_marks(ByteView run, std::size_t limit) {
  std::bitset<256> seen;
  std::size_t letters = 0;
  for (const std::uint8_t c : run) {
    if (is_blank(c)) continue;
    if (is_mark(c)) seen.set(c);
    if (++letters == limit) break;
  }
  return seen.count();
}

}  // namespace candor::recognise
