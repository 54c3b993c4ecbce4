// SPDX-License-Identifier: Apache-2.0
#include "recognise/text_keys.h"

#include <algorithm>

namespace candor::recognise {

namespace {

constexpr std::size_t kFewestKinds = 8;
constexpr std::size_t kBeforeSigns = 2U << 10;
constexpr std::size_t kBehindSigns = 6U << 10;

/// By byte: the keys under which it was text. Zeros stand between strings as they are, in programs.
std::array<Keys, 256> keys_by_byte(Way way) {
  std::array<Keys, 256> all{};
  for (unsigned byte = 0; byte < 256; ++byte)
    for (unsigned key = 0; key < 256; ++key)
      if (kAsciiText.has(without_key(static_cast<std::uint8_t>(byte), static_cast<std::uint8_t>(key), way)))
        all[byte][key >> 6] |= std::uint64_t{1} << (key & 63);
  if (is_plain_at_zero(way)) all[0][0] |= 1;
  return all;
}

}  // namespace

Interval around_signs(Interval signs, std::size_t size) {
  return {signs.begin - std::min(signs.begin, kBeforeSigns),
          signs.end + std::min(size - signs.end, kBehindSigns)};
}

const std::array<Keys, 256>& text_keys_of(Way way) {
  static const std::array<std::array<Keys, 256>, kWays> all = {
      keys_by_byte(Way::xored), keys_by_byte(Way::added), keys_by_byte(Way::added_to_swapped),
      keys_by_byte(Way::added_to_inverted)};
  return all[static_cast<std::size_t>(way)];
}

int likelihood(ByteView window, std::uint8_t key, Way way) {
  const std::array<TextWeights, 256>& of = text_weights();
  TextWeights sums{};
  for (const std::uint8_t byte : window) add_weights(sums, of[without_key(byte, key, way)]);
  return *std::max_element(sums.begin(), sums.end());
}

std::size_t kinds_of(ByteView window) {
  std::array<bool, 256> seen{};
  std::size_t kinds = 0;
  for (const std::uint8_t byte : window) {
    kinds += seen[byte] ? 0U : 1U;
    seen[byte] = true;
  }
  return kinds;
}

bool varied(ByteView window) { return kinds_of(window) >= kFewestKinds; }

}  // namespace candor::recognise
