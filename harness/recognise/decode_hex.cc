// SPDX-License-Identifier: Apache-2.0
//
// Hexadecimal of either case: in one piece, wrapped, or with separators between the bytes ("4f:6b", "4F 6B",
// "\x4f\x6b", "0x4f, 0x6b"). Lines may end within a byte, other separators not. A piece may begin with a
// digit that belongs to something else, so it is read at both alignments.
#include <algorithm>
#include <array>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/escape.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 16;        // Bytes it stands for.
constexpr std::size_t kCountsAsBinary = 32;  // Bytes it stands for: 64 digits.
constexpr std::size_t kLongestSeparator = 4;
constexpr double kPatternEntropy = 2.0;  // Of digits: below are zeros, rulers, counters.
constexpr std::size_t kSample = 4096;

constexpr ByteClass kSeparators = ByteClass(" :,;-%\r\n\t\\xX");
constexpr ByteClass kMembers = ByteClass(" :,;-%\r\n\t\\xX").range('0', '9').range('a', 'f').range('A', 'F');

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

bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const ByteView layer = map.bytes;
  const std::size_t before = regions.size();
  for_each_run(layer, kMembers, 2 * kShortest, [&](std::size_t begin, std::size_t end) {
    const ByteView members = layer.first(end);
    for (std::size_t at = begin; at + 2 * kShortest <= end;) {
      const Run run = run_at(members, at);
      if (run.bytes < kShortest) {
        ++at;
        continue;
      }
      add(layer, at, run, regions);
      add_other_alignments(members, {at, run.end}, regions);
      at = run.end;
    }
    return regions.size() - before < limit;
  });
  return regions.size() - before < limit;
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
