// SPDX-License-Identifier: Apache-2.0
//
// Bytes as decimal numbers with commas, semicolons or blanks between them, as program text and JSON write
// arrays: "[222, 173, 190]", "222 173 190", or signed, "-34,-83,-66".
#include <algorithm>
#include <bitset>
#include <cstring>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 8;      // Numbers.
constexpr std::size_t kShortestRow = 23;  // Characters.
constexpr std::size_t kFewestKinds = 6;   // Different numbers.
constexpr std::size_t kCountsAsBinary = 64;
constexpr double kWordsEntropy = 5.5;
constexpr std::size_t kSample = 256;
constexpr int kSmallTable = 32;          // Numbers below are counters and tables, if all are.
constexpr std::size_t kLongestGap = 64;  // A comma, a line break and indentation.

constexpr ByteClass kDigits = ByteClass("").range('0', '9');
constexpr ByteClass kBlanks = ByteClass(" \t\r\n");
constexpr ByteClass kMembers = ByteClass(" \t\r\n,;-").range('0', '9');

struct Number {
  int value = -1;  ///< As a byte; -1: there is none.
  std::size_t end = 0;
};

Number number_at(ByteView bytes, std::size_t at) {
  const bool negative = at < bytes.size() && bytes[at] == '-';
  std::size_t end = at + (negative ? 1 : 0);
  const std::size_t digits = end;
  int value = 0;
  while (end < bytes.size() && end - digits < 4 && kDigits.has(bytes[end]))
    value = value * 10 + bytes[end++] - '0';
  const std::size_t count = end - digits;
  if (count == 0 || count > 3 || value > (negative ? 128 : 255)) return {};
  return {negative ? (256 - value) & 0xff : value, end};
}

/// What stands between two numbers.
struct Gap {
  char mark = ' ';      ///< A comma, a semicolon, or a blank if there are only such.
  std::size_t end = 0;  ///< Equal to its begin if there is none.
};

Gap gap_at(ByteView bytes, std::size_t at) {
  Gap gap{.end = at};
  const std::size_t limit = std::min(bytes.size(), at + kLongestGap);
  while (gap.end < limit && kBlanks.has(bytes[gap.end])) ++gap.end;
  if (gap.end < limit && (bytes[gap.end] == ',' || bytes[gap.end] == ';'))
    gap.mark = static_cast<char>(bytes[gap.end++]);
  while (gap.end < limit && kBlanks.has(bytes[gap.end])) ++gap.end;
  return gap;
}

struct Run {
  Bytes values;
  std::size_t end = 0;
};

Run run_at(ByteView bytes, std::size_t at, std::size_t most) {
  Run run{.end = at};
  char mark = 0;
  for (Number number = number_at(bytes, at); number.value >= 0 && run.values.size() < most;) {
    run.values.push_back(static_cast<std::uint8_t>(number.value));
    run.end = number.end;
    const Gap gap = gap_at(bytes, number.end);
    if (gap.end == number.end || (mark != 0 && gap.mark != mark)) break;
    mark = gap.mark;
    number = number_at(bytes, gap.end);
  }
  return run;
}

bool plausible(const Bytes& values) {
  if (values.size() < kShortest) return false;
  std::bitset<256> kinds;
  for (const std::uint8_t value : values) kinds.set(value);
  return kinds.count() >= kFewestKinds &&
         std::any_of(values.begin(), values.end(), [](std::uint8_t value) { return value >= kSmallTable; });
}

bool suspicious(const Bytes& values) {
  return values.size() >= kCountsAsBinary &&
         entropy(ByteView(values).first(std::min(values.size(), kSample))) > kWordsEntropy;
}

/// Past the number, or the part of one, at `at`.
std::size_t next_start(ByteView row, std::size_t at) {
  while (at < row.size() && (kDigits.has(row[at]) || row[at] == '-')) ++at;
  while (at < row.size() && !kDigits.has(row[at]) && row[at] != '-') ++at;
  return at;
}

void add_runs_of_row(ByteView layer, Interval members, std::size_t most, std::vector<Region>& regions) {
  const ByteView row = layer.first(members.end);
  std::size_t at = members.begin;
  if (!kDigits.has(row[at]) && row[at] != '-') at = next_start(row, at);
  while (at < row.size() && regions.size() < most) {
    const Run run = run_at(row, at, row.size());
    if (plausible(run.values))
      regions.push_back({.offset = at, .length = run.end - at, .suspicious = suspicious(run.values)});
    at = next_start(row, std::max(run.end, at));
  }
}

/// Whether eight bytes may all be members, and not only blanks: none is above ';', and some are not below
/// '0'.
bool may_be_members(const std::uint8_t* bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return ((word | (word + kEach * (0x80 - '<'))) & (kEach * 0x80)) == 0 &&
         ((word + kEach * (0x80 - '0')) & (kEach * 0x80)) != 0;
}

/// A row of kShortestRow characters holds eight at a multiple of kStep.
bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  constexpr std::size_t kProbe = 8;
  constexpr std::size_t kStep = kShortestRow - kProbe + 1;
  const std::size_t most = regions.size() + limit;
  const ByteView layer = map.bytes;
  std::size_t done = 0;
  for (std::size_t at = 0; at + kProbe <= layer.size() && regions.size() < most; at += kStep) {
    if (at < done || !may_be_members(layer.data() + at)) continue;
    Interval row = {at, at};
    while (row.begin > done && kMembers.has(layer[row.begin - 1])) --row.begin;
    while (row.end < layer.size() && kMembers.has(layer[row.end])) ++row.end;
    if (row.size() >= kShortestRow) add_runs_of_row(layer, row, most, regions);
    done = row.end + 1;
  }
  return regions.size() < most;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Run run = run_at(region, 0, max_output);
  Decoded result;
  result.bytes = std::move(run.values);
  result.consumed = run.end;
  result.complete = run.end == region.size();
  if (!result.complete) result.reason = "output budget";
  return result;
}

}  // namespace

Decoder decimal_decoder() {
  return {.name = "decimal",
          .about = "arrays of bytes in decimal numbers",
          .nature = Nature::encoding,
          .runs = runs,
          .decode = decode};
}

}  // namespace candor::recognise
