// SPDX-License-Identifier: Apache-2.0
//
// Base32 of either case, padded or not, wrapped or not, in four alphabets: base32 and base32hex (RFC 4648),
// Crockford's (https://www.crockford.com/base32.html) and z-base-32 (RFC 6189, section 5.1.6). A run of the
// alphabet may begin with letters that do not belong to it, so it is read at all eight alignments.
#include <algorithm>
#include <array>
#include <string_view>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/escape.h"
#include "recognise/letter_runs.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 13;  // Letters: 8 bytes.
constexpr std::size_t kLooksAt = 64;   // Letters.
constexpr std::size_t kFewestKinds = 6;
constexpr std::size_t kWide = 32;  // Bytes that may be text of wide characters.
constexpr std::uint8_t kAlignments = 8;

struct Alphabet {
  const char* name;
  const char* about;
  std::string_view letters;  ///< In order of their values, small.
  std::string_view aliases;  ///< Pairs of a letter and the one it is read as.
  std::size_t digits = 1;    ///< Digits or capitals in the shortest run: none where digits are few.
};

constexpr Alphabet kStandard = {"base32", "base32 of RFC 4648", "abcdefghijklmnopqrstuvwxyz234567", "", 0};
constexpr Alphabet kHex = {"base32hex", "base32 in the order of hexadecimal digits",
                           "0123456789abcdefghijklmnopqrstuv", ""};
constexpr Alphabet kCrockford = {"crockford-base32", "base32 as Crockford writes it",
                                 "0123456789abcdefghjkmnpqrstvwxyz", "o0i1l1"};
constexpr Alphabet kHuman = {"z-base-32", "base32 in the order of z-base-32",
                             "ybndrfg8ejkmcpqxot1uwisza345h769", ""};

constexpr bool is_small(char c) { return c >= 'a' && c <= 'z'; }

constexpr std::array<std::int8_t, 256> values_of(const Alphabet& alphabet) {
  std::array<std::int8_t, 256> values{};
  for (std::int8_t& value : values) value = -1;
  const auto put = [&values](char c, std::int8_t value) {
    values[static_cast<std::size_t>(c)] = value;
    if (is_small(c)) values[static_cast<std::size_t>(c - 'a' + 'A')] = value;
  };
  for (std::size_t i = 0; i < alphabet.letters.size(); ++i)
    put(alphabet.letters[i], static_cast<std::int8_t>(i));
  for (std::size_t i = 0; i + 1 < alphabet.aliases.size(); i += 2)
    put(alphabet.aliases[i], values[static_cast<std::size_t>(alphabet.aliases[i + 1])]);
  return values;
}

template <const Alphabet& alphabet>
constexpr std::array<std::int8_t, 256> kValues = values_of(alphabet);

template <const Alphabet& alphabet>
constexpr ByteClass kLetters = [] {
  ByteClass letters("");
  for (int c = 0; c < 256; ++c)
    if (kValues<alphabet>[static_cast<std::size_t>(c)] >= 0) letters.range(c, c);
  return letters;
}();

bool is_capital(std::uint8_t c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(std::uint8_t c) { return is_capital(static_cast<std::uint8_t>(c & ~0x20U)); }

/// The end of the part of a run from `begin` on that is written in one case.
std::size_t one_case_end(ByteView run, std::size_t begin) {
  bool known = false;
  bool capitals = false;
  for (std::size_t at = begin; at < run.size(); ++at) {
    if (!is_letter(run[at])) continue;
    if (known && is_capital(run[at]) != capitals) return at;
    known = true;
    capitals = is_capital(run[at]);
  }
  return run.size();
}

bool plausible(const LayerMap& map, Interval part) {
  if (part.size() < kShortest || (part.size() < 2 * kShortest && map.begins_like_a_word(part))) return false;
  const ByteView run = map.bytes.subspan(part.begin, part.size());
  if (!map.partly_unlike_words(part) || kinds_of_letters(run, kLooksAt) < kFewestKinds) return false;
  return !std::all_of(run.begin(), run.begin() + static_cast<std::ptrdiff_t>(std::min(run.size(), kLooksAt)),
                      [](std::uint8_t c) { return hex_value(c) >= 0 || c <= ' '; });
}

template <const Alphabet& alphabet>
bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const std::size_t most = regions.size() + limit;
  const LetterRuns wanted = {.letters = kLetters<alphabet>,
                             .shortest = kShortest,
                             .line = kShortest,
                             .capitals = alphabet.digits,
                             .odd = true};
  for_each_letter_run(map, wanted, [&](std::size_t begin, std::size_t end) {
    while (begin < end) {
      const std::size_t next = begin + one_case_end(map.bytes.subspan(begin, end - begin), 0);
      if (plausible(map, {begin, next}))
        regions.push_back({.offset = begin, .length = next - begin, .readings = kAlignments});
      if (regions.size() >= most) return false;
      begin = next;
      // Digits between two cases may belong to either.
      while (next < end && !is_letter(map.bytes[begin - 1])) --begin;
    }
    return true;
  });
  return regions.size() < most;
}

std::size_t zeros(const Bytes& bytes) {
  return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), std::uint8_t{0}));
}

template <const Alphabet& alphabet>
Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  result.bytes.reserve(std::min(max_output, region.size() / 8 * 5 + 5));
  std::uint32_t bits = 0;
  int count = 0;
  for (; result.consumed < region.size(); ++result.consumed) {
    const std::int8_t value = kValues<alphabet>[region[result.consumed]];
    if (value < 0) continue;  // A line break or its indentation.
    if (count + 5 >= 8 && result.bytes.size() == max_output) break;
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    result.bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  result.complete = result.consumed == region.size();
  if (!result.complete) result.reason = "output budget";
  // UTF-16 and UTF-32 read some bits beside their place may be other such text: no reading is the last one.
  if (result.bytes.size() >= kWide && zeros(result.bytes) * 4 >= result.bytes.size()) result.complete = false;
  return result;
}

template <const Alphabet& alphabet>
Decoder decoder() {
  return {.name = alphabet.name,
          .about = alphabet.about,
          .nature = Nature::encoding,
          .runs = runs<alphabet>,
          .decode = decode<alphabet>};
}

}  // namespace

Decoder base32_decoder() { return decoder<kStandard>(); }
Decoder base32hex_decoder() { return decoder<kHex>(); }
Decoder crockford_decoder() { return decoder<kCrockford>(); }
Decoder zbase32_decoder() { return decoder<kHuman>(); }

}  // namespace candor::recognise
