// SPDX-License-Identifier: Apache-2.0
#include "recognise/texture.h"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace candor::recognise {

namespace {

constexpr std::size_t kBlock = 16;  // Letters.

enum class Kind : std::uint8_t { blank, small, capital, digit, mark };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (std::size_t c = 0x21; c < 256; ++c) kinds[c] = Kind::mark;
  for (std::size_t c = 'a'; c <= 'z'; ++c) kinds[c] = Kind::small;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) kinds[c] = Kind::capital;
  for (std::size_t c = '0'; c <= '9'; ++c) kinds[c] = Kind::digit;
  return kinds;
}();

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

constexpr std::array<std::uint32_t, 26> kCommon = [] {
  std::array<std::uint32_t, 26> common{};
  for (std::size_t first = 0; first < common.size(); ++first)
    for (const char second : kFollowers[first]) common[first] |= std::uint32_t{1} << (second - 'a');
  return common;
}();

constexpr bool is_word_character(Kind kind) { return kind != Kind::mark && kind != Kind::blank; }

bool is_natural(std::uint8_t a, std::uint8_t b) {
  const Kind first = kKinds[a];
  const Kind second = kKinds[b];
  if (!is_word_character(first) || !is_word_character(second)) return false;
  if (first == Kind::digit || second == Kind::digit) return first == second && a != b;
  if (first == Kind::small && second == Kind::capital) return false;
  return (kCommon[(a | 0x20U) - 'a'] >> ((b | 0x20U) - 'a') & 1U) != 0;
}

}  // namespace

Texture texture(ByteView run, std::size_t limit) {
  Texture result;
  std::bitset<256> seen;
  std::uint8_t last = 0;
  for (const std::uint8_t c : run) {
    const Kind kind = kKinds[c];
    if (kind == Kind::blank) continue;
    ++result.letters;
    if (!seen[c]) {
      ++result.kinds;
      result.mark_kinds += kind == Kind::mark ? 1U : 0U;
    }
    seen.set(c);
    result.capitals += kind == Kind::capital ? 1U : 0U;
    result.digits += kind == Kind::digit ? 1U : 0U;
    result.marks += kind == Kind::mark ? 1U : 0U;
    if (last != 0) {
      result.changes += kind != kKinds[last] ? 1U : 0U;
      if (is_word_character(kind) && is_word_character(kKinds[last])) {
        ++result.pairs;
        result.natural += is_natural(last, c) ? 1U : 0U;
      }
    }
    last = c;
    if (result.letters == limit) break;
  }
  return result;
}

bool partly_unlike_words(ByteView run) {
  if (run.size() < 2 * kBlock) return !texture(run, run.size()).like_words();
  for (std::size_t at = 0; at + kBlock <= run.size(); at += kBlock)
    if (!texture(run.subspan(at, kBlock), kBlock).like_words()) return true;
  return false;
}

bool has_capitals_or_digits(ByteView text, std::size_t fewest) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kHigh = kEach * 0x80;
  constexpr std::size_t kWord = sizeof kEach;
  if (text.size() < kWord) return false;
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size() && found < fewest; at += kWord) {
    // The last word reaches back; what was counted already is shifted out.
    const std::size_t begin = std::min(at, text.size() - kWord);
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + begin, kWord);
    if constexpr (std::endian::native == std::endian::little) word >>= 8 * (at - begin);
    const auto from = [word](std::uint64_t first) { return word + kEach * (0x80 - first); };
    const std::uint64_t inside = (from('0') & ~from('9' + 1)) | (from('A') & ~from('Z' + 1));
    found += ((inside & kHigh) >> 7) * kEach >> 56;
  }
  return found >= fewest;
}

bool begins_like_a_word(ByteView run) {
  if (run.size() < 10) return false;
  for (std::size_t at = 1; at < 9; at += 2)
    if (!is_natural(run[at], run[at + 1])) return false;
  return true;
}

}  // namespace candor::recognise
