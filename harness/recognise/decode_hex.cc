// SPDX-License-Identifier: Apache-2.0
//
// Hexadecimal of either case: in one piece, wrapped, or with separators between the bytes ("4f:6b", "4F 6B",
// "\x4f\x6b", "0x4f, 0x6b"). Lines may end within a byte, other separators not. A piece may begin with a
// digit that belongs to something else, so it is read at both alignments.
#include <algorithm>
#include <array>
#include <cstring>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/escape.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 8;  // Bytes it stands for.
constexpr std::size_t kShort = 16;    // Bytes; fewer must look like nothing else.
/// Characters of the shortest run with separators.
constexpr std::size_t kShortestRow = 3 * kShortest - 1;
constexpr std::size_t kCountsAsBinary = 32;  // Bytes it stands for: 64 digits.
constexpr std::size_t kLongestSeparator = 4;
constexpr double kPatternEntropy = 2.0;  // Of digits: below are zeros, rulers, counters.
constexpr std::size_t kSample = 4096;

constexpr ByteClass kDigits = ByteClass("").range('0', '9').range('a', 'f').range('A', 'F');
constexpr ByteClass kMembers = ByteClass(" :,;-%\r\n\t\\xX").range('0', '9').range('a', 'f').range('A', 'F');
constexpr ByteClass kSeparators = ByteClass(" :,;-%\r\n\t\\xX");

/// Past a line break, if one is there.
std::size_t skip_break(ByteView bytes, std::size_t at) {
  while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n')) ++at;
  return at;
}

struct HexByte {
  int value = -1;  ///< -1: there is none.
  std::size_t end = 0;
};

HexByte byte_at(ByteView bytes, std::size_t at) {
  if (at + 1 >= bytes.size()) return {};
  const int both = hex_value(bytes[at]) << 4 | hex_value(bytes[at + 1]);
  if (both >= 0) return {both, at + 2};
  if (hex_value(bytes[at]) < 0) return {};
  const std::size_t second = skip_break(bytes, at + 1);
  if (second >= bytes.size() || hex_value(bytes[second]) < 0) return {};
  return {hex_value(bytes[at]) << 4 | hex_value(bytes[second]), second + 1};
}

/// Where the next byte's digits begin after a byte that ended at `at`; `at` itself if there are none.
/// Spells out "0x" so that its zero is not taken for a digit.
std::size_t next_byte(ByteView bytes, std::size_t at) {
  if (at < bytes.size() && hex_value(bytes[at]) > 0) return at;
  std::size_t next = at;
  while (next - at < kLongestSeparator && next < bytes.size()) {
    const bool prefix = bytes[next] == '0' && next + 1 < bytes.size() && (bytes[next + 1] | 0x20) == 'x';
    if (!prefix && !kSeparators.has(bytes[next])) break;
    next += prefix ? 2 : 1;
  }
  return byte_at(bytes, next).value >= 0 ? next : at;
}

struct Run {
  std::size_t end = 0;
  std::size_t bytes = 0;
};

Run run_at(ByteView layer, std::size_t at) {
  Run run{.end = at};
  for (HexByte byte = byte_at(layer, at); byte.value >= 0; byte = byte_at(layer, next_byte(layer, run.end))) {
    run.end = byte.end;
    ++run.bytes;
  }
  return run;
}

bool suspicious(ByteView run, std::size_t bytes) {
  if (bytes < kCountsAsBinary) return false;
  for (std::size_t at = 0; at < run.size(); at += kSample) {
    Bytes digits;
    for (const std::uint8_t c : run.subspan(at, std::min(kSample, run.size() - at)))
      if (hex_value(c) >= 0) digits.push_back(c);
    if (entropy(digits) > kPatternEntropy) return true;
  }
  return false;
}

void add(ByteView layer, std::size_t at, Run run, std::vector<Region>& regions) {
  const ByteView digits = layer.subspan(at, run.end - at);
  regions.push_back({.offset = at, .length = digits.size(), .suspicious = suspicious(digits, run.bytes)});
}

/// A run is aligned with the first digit of each of its pieces. A piece long enough to hold something by
/// itself is read from its second digit as well.
void add_other_alignments(ByteView layer, Interval run, std::vector<Region>& regions) {
  for (std::size_t at = run.begin; at < run.end;) {
    std::size_t end = at;
    while (end < layer.size() && (hex_value(layer[end]) >= 0 || skip_break(layer, end) > end)) ++end;
    const std::size_t second = skip_break(layer, at + 1);
    if (end - at > 2 * kShortest) add(layer, second, run_at(layer, second), regions);
    at = end + 1;
  }
}

/// Whether `bytes` bytes are written with the same separator, or none, between any two.
bool evenly_separated(ByteView run, std::size_t bytes) {
  const std::size_t separators = run.size() - 2 * bytes;
  if (separators % (bytes - 1) != 0) return false;
  const std::size_t step = 2 + separators / (bytes - 1);
  for (std::size_t at = 2; at < run.size(); ++at)
    if (at % step >= 2 && (run[at] != run[at % step] || kDigits.has(run[at]))) return false;
  return true;
}

/// A few bytes may be a date and a time, a table of numbers, or words.
bool plausible_if_short(ByteView run, std::size_t bytes) {
  const auto letters =
      std::count_if(run.begin(), run.end(), [](std::uint8_t c) { return c > '9' && kDigits.has(c); });
  const auto digits =
      std::count_if(run.begin(), run.end(), [](std::uint8_t c) { return c <= '9' && kDigits.has(c); });
  return letters > 0 && digits > 0 && evenly_separated(run, bytes);
}

/// All runs in a maximal row of members of the alphabet.
void add_runs_of_row(ByteView layer, Interval row, std::vector<Region>& regions) {
  const ByteView members = layer.first(row.end);
  for (std::size_t at = row.begin; at + 2 * kShortest <= row.end;) {
    const Run run = run_at(members, at);
    const bool is_run =
        run.bytes >= kShort ||
        (run.bytes >= kShortest && plausible_if_short(members.subspan(at, run.end - at), run.bytes));
    if (!is_run) {
      ++at;
      continue;
    }
    add(layer, at, run, regions);
    add_other_alignments(members, {at, run.end}, regions);
    at = run.end;
  }
}

/// The row of members around a place, as far as `from`.
Interval row_around(ByteView layer, std::size_t at, std::size_t from) {
  Interval row = {at, at};
  while (row.begin > from && kMembers.has(layer[row.begin - 1])) --row.begin;
  while (row.end < layer.size() && kMembers.has(layer[row.end])) ++row.end;
  return row;
}

/// Whether eight bytes may all be members, and not only separators: no byte is above 'f' but 'x', and some
/// are not below '0'.
bool may_be_members(const std::uint8_t* bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kHigh = kEach * 0x80;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t above = (word + kEach * (0x80 - 'g')) & kHigh;
  const std::uint64_t not_x = word ^ (kEach * 'x');
  const std::uint64_t x = (not_x - kEach) & ~not_x & kHigh;
  return (((word & kHigh) | above) & ~x) == 0 && ((word + kEach * (0x80 - '0')) & kHigh) != 0;
}

/// Rows of kShortestRow or more: so many characters hold eight in a row at a multiple of kStep.
void add_rows(ByteView layer, std::size_t most, std::vector<Region>& regions) {
  constexpr std::size_t kProbe = 8;
  constexpr std::size_t kStep = kShortestRow - kProbe + 1;
  std::size_t done = 0;
  for (std::size_t at = 0; at + kProbe <= layer.size() && regions.size() < most; at += kStep) {
    if (at < done || !may_be_members(layer.data() + at)) continue;
    const Interval row = row_around(layer, at, done);
    if (row.size() >= kShortestRow) add_runs_of_row(layer, row, regions);
    done = row.end + 1;
  }
}

/// Digits without separators, too few for a row.
void add_short_words(const LayerMap& map, std::size_t most, std::vector<Region>& regions) {
  for (const Interval solid : map.solid) {
    if (solid.size() < 2 * kShortest) continue;
    for_each_run(map.bytes.subspan(solid.begin, solid.size()), kDigits, 2 * kShortest,
                 [&](std::size_t begin, std::size_t) {
                   begin += solid.begin;
                   const std::size_t from = begin - std::min(begin, kShortestRow);
                   const Interval row = row_around(
                       map.bytes.first(std::min(map.bytes.size(), begin + kShortestRow)), begin, from);
                   if (row.size() < kShortestRow) add_runs_of_row(map.bytes, row, regions);
                   return regions.size() < most;
                 });
    if (regions.size() >= most) return;
  }
}

bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const std::size_t most = regions.size() + limit;
  add_rows(map.bytes, most, regions);
  add_short_words(map, most, regions);
  return regions.size() < most;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  result.bytes.reserve(std::min(max_output, region.size() / 2));
  HexByte byte = byte_at(region, 0);
  while (byte.value >= 0 && result.bytes.size() < max_output) {
    result.bytes.push_back(static_cast<std::uint8_t>(byte.value));
    result.consumed = byte.end;
    byte = byte_at(region, next_byte(region, result.consumed));
  }
  result.complete = result.consumed == region.size();
  if (!result.complete) result.reason = "output budget";
  return result;
}

}  // namespace

Decoder hex_decoder() {
  return {.name = "hex",
          .about = "hexadecimal, any case, with or without separators",
          .nature = Nature::encoding,
          .runs = runs,
          .decode = decode};
}

}  // namespace candor::recognise
