// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648) in the standard and the URL alphabet, mixed as they come, padded or not, on one line or
// wrapped and indented. A run of the alphabet may begin with letters that do not belong to it, so each run is
// read at all four alignments.
#include <algorithm>
#include <array>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/escape.h"
#include "recognise/letter_runs.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 11;        // Letters: 8 bytes.
constexpr std::size_t kShort = 24;           // Letters: fewer must differ from words more.
constexpr std::size_t kLongestWord = 32;     // Letters: as many hexadecimal digits are no base64.
constexpr std::size_t kCountsAsBinary = 64;  // Letters in which randomness is told from words.
constexpr std::size_t kFewestKinds = 10;     // Of letters, in anything that can be recognised.
constexpr std::size_t kFewestCapitals = 4;   // Or digits.
constexpr std::size_t kFewestChanges = 2;    // Between kinds of letters, in a short run.
constexpr double kWordsEntropy = 4.75;
constexpr std::size_t kBlock = 256;
constexpr std::uint8_t kAlignments = 4;

constexpr ByteClass kLetters = ByteClass("+/-_").range('A', 'Z').range('a', 'z').range('0', '9');
constexpr LetterRuns kWanted = {
    .letters = kLetters, .shortest = kShortest, .line = kShortest, .capitals = 2, .odd = true};
constexpr ByteClass kCapitals = ByteClass("").range('A', 'Z').range('0', '9');
constexpr ByteClass kSpace = ByteClass(" \t\r\n");

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  for (std::int8_t& value : values) value = -1;
  for (int i = 0; i < 26; ++i) {
    values[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(i);
    values[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(26 + i);
  }
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}
constexpr std::array<std::int8_t, 256> kValues = make_values();

/// The run without line breaks, for statistics; at most `limit` letters.
Bytes letters_of(ByteView run, std::size_t limit) {
  Bytes letters;
  for (const std::uint8_t c : run) {
    if (kLetters.has(c)) letters.push_back(c);
    if (letters.size() == limit) break;
  }
  return letters;
}

/// Rulers, lower-case paths and identifiers are no base64: that has many kinds of letters, half of them
/// capitals and digits.
bool varied(ByteView run) {
  std::array<bool, 256> seen{};
  std::size_t kinds = 0;
  std::size_t capitals = 0;
  for (const std::uint8_t c : run) {
    capitals += kCapitals.has(c) ? 1U : 0U;
    kinds += seen[c] ? 0U : 1U;
    seen[c] = true;
    if (kinds >= kFewestKinds && capitals >= kFewestCapitals) return true;
  }
  return false;
}

bool only_hex(ByteView run) {
  return std::all_of(run.begin(), run.end(),
                     [](std::uint8_t c) { return hex_value(c) >= 0 || kSpace.has(c); });
}

/// Whether any block of a run looks like encoded binary data.
bool suspicious(ByteView run) {
  for (std::size_t at = 0; at < run.size(); at += kBlock) {
    const Bytes letters = letters_of(run.subspan(at), kBlock);
    if (letters.size() < kCountsAsBinary) return false;
    if (entropy(letters) > kWordsEntropy) return true;
  }
  return false;
}

/// A few letters: fewer kinds do, but they must change as no names and paths do.
bool varied_if_short(const LayerMap& map, Interval run) {
  if (map.begins_like_a_word(run)) return false;
  const Texture letters = map.texture({run.begin, std::min(run.end, run.begin + kShort)});
  return letters.capitals + letters.digits >= 2 && letters.changes >= kFewestChanges &&
         letters.digits < letters.letters && !letters.like_words();
}

bool plausible(const LayerMap& map, Interval part) {
  const ByteView run = map.bytes.subspan(part.begin, part.size());
  if (run.size() < kShort) return varied_if_short(map, part) && !only_hex(run);
  if (!map.partly_unlike_words(part) || !varied(run)) return false;
  const std::size_t letters = letters_of(run, kLongestWord).size();
  return letters < kShort ? varied_if_short(map, part) : letters < kLongestWord || !only_hex(run);
}

bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const std::size_t most = regions.size() + limit;
  for_each_letter_run(map, kWanted, [&](std::size_t begin, std::size_t end) {
    const ByteView run = map.bytes.subspan(begin, end - begin);
    if (!plausible(map, {begin, end})) return true;
    const bool binary = suspicious(run);
    regions.push_back({.offset = begin, .length = run.size(), .suspicious = binary, .readings = kAlignments});
    return regions.size() < most;
  });
  return regions.size() < most;
}

/// Four letters from `at` on as 24 bits, or -1 if there are not four in a row.
std::int32_t quad_at(ByteView region, std::size_t at) {
  if (region.size() - at < 4) return -1;
  const int a = kValues[region[at]];
  const int b = kValues[region[at + 1]];
  const int c = kValues[region[at + 2]];
  const int d = kValues[region[at + 3]];
  return (a | b | c | d) < 0 ? -1 : a << 18 | b << 12 | c << 6 | d;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  result.bytes.resize(std::min(max_output, region.size() / 4 * 3 + 3));
  std::size_t made = 0;
  std::uint32_t bits = 0;
  int count = 0;
  while (result.consumed < region.size()) {
    const std::int32_t quad = count == 0 ? quad_at(region, result.consumed) : -1;
    if (quad >= 0 && made + 3 <= result.bytes.size()) {
      result.bytes[made++] = static_cast<std::uint8_t>(quad >> 16);
      result.bytes[made++] = static_cast<std::uint8_t>(quad >> 8);
      result.bytes[made++] = static_cast<std::uint8_t>(quad);
      result.consumed += 4;
      continue;
    }
    const std::int8_t value = kValues[region[result.consumed]];
    if (value >= 0) {  // Else a line break or its indentation.
      if (count + 6 >= 8 && made == result.bytes.size()) break;
      bits = bits << 6 | static_cast<std::uint32_t>(value);
      count += 6;
      if (count >= 8) {
        count -= 8;
        result.bytes[made++] = static_cast<std::uint8_t>(bits >> count);
      }
    }
    ++result.consumed;
  }
  result.bytes.resize(made);
  result.complete = result.consumed == region.size();
  if (!result.complete) result.reason = "output budget";
  return result;
}

}  // namespace

Decoder base64_decoder() {
  return {.name = "base64",
          .about = "base64, both alphabets, wrapped or not, padded or not, at any alignment",
          .nature = Nature::encoding,
          .runs = runs,
          .decode = decode};
}

}  // namespace candor::recognise
