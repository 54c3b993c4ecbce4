// SPDX-License-Identifier: Apache-2.0
//
// Base58 with Bitcoin's alphabet (draft-msporny-base58): a whole run is one big number, so it must be
// delimited, and its length is bounded, since the work grows with the square.
#include <algorithm>
#include <array>
#include <string_view>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/letter_runs.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 11;  // Letters: 8 bytes.
constexpr std::size_t kLongest = 1024;
constexpr std::size_t kFewestChanges = 3;  // Between kinds of letters.
constexpr std::size_t kFewestCapitals = 2;
constexpr std::size_t kLooksAt = 64;

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr ByteClass kLetters = ByteClass(kAlphabet);
constexpr ByteClass kGlue = ByteClass("+=0OIl");  // No delimiters: the run is a part of another encoding's.

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<std::size_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

bool delimited(ByteView layer, std::size_t begin, std::size_t end) {
  return (begin == 0 || !kGlue.has(layer[begin - 1])) && (end == layer.size() || !kGlue.has(layer[end]));
}

bool plausible(const LayerMap& map, Interval run) {
  if (run.size() > kLongest) return false;
  const Texture letters = map.texture({run.begin, std::min(run.end, run.begin + kLooksAt)});
  return letters.changes >= kFewestChanges && letters.capitals >= kFewestCapitals &&
         letters.capitals + letters.digits < letters.letters && map.partly_unlike_words(run);
}

bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const std::size_t most = regions.size() + limit;
  for (const Interval odd : map.odd) {
    if (odd.size() < kShortest || !map.has_capitals_or_digits(odd, kFewestCapitals)) continue;
    for_each_run(map.bytes.subspan(odd.begin, odd.size()), kLetters, kShortest,
                 [&](std::size_t begin, std::size_t end) {
                   const Interval run = {odd.begin + begin, odd.begin + end};
                   if (delimited(map.bytes, run.begin, run.end) && plausible(map, run))
                     regions.push_back({.offset = run.begin, .length = run.size()});
                   return regions.size() < most;
                 });
    if (regions.size() >= most) return false;
  }
  return true;
}

/// A number in little-endian digits of 32 bits.
using Number = std::vector<std::uint32_t>;

void multiply_and_add(Number& number, std::uint32_t factor, std::uint32_t summand) {
  std::uint64_t carry = summand;
  for (std::uint32_t& digit : number) {
    carry += std::uint64_t{digit} * factor;
    digit = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  if (carry != 0) number.push_back(static_cast<std::uint32_t>(carry));
}

Bytes big_endian(const Number& number) {
  Bytes bytes;
  for (const std::uint32_t digit : number)
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(digit >> shift));
  while (!bytes.empty() && bytes.back() == 0) bytes.pop_back();
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

Decoded decode(ByteView region, std::size_t max_output) {
  constexpr std::size_t kAtOnce = 5;  // 58 to the power of 5 fits 32 bits.
  Decoded result;
  if (region.size() > kLongest) return result;
  Number number;
  for (std::size_t at = 0; at < region.size();) {
    std::uint32_t factor = 1;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < kAtOnce && at < region.size(); ++i, ++at) {
      factor *= 58;
      value = value * 58 + kValues[region[at]];
    }
    multiply_and_add(number, factor, value);
  }
  // Each '1' in front stands for a zero byte.
  const auto ones = std::find_if(region.begin(), region.end(), [](std::uint8_t c) { return c != '1'; });
  result.bytes = big_endian(number);
  result.bytes.insert(result.bytes.begin(), static_cast<std::size_t>(ones - region.begin()), 0);
  result.complete = result.bytes.size() <= max_output;
  if (!result.complete) {
    result.reason = "output budget";
    result.bytes.resize(max_output);
  }
  result.consumed = region.size();
  return result;
}

}  // namespace

Decoder base58_decoder() {
  return {.name = "base58",
          .about = "base58 with Bitcoin's alphabet, delimited, of up to 1024 letters",
          .nature = Nature::encoding,
          .runs = runs,
          .decode = decode};
}

}  // namespace candor::recognise
