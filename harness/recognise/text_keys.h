// SPDX-License-Identifier: Apache-2.0
//
// Which keys of one byte make text of bytes, and how likely a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "recognise/byte_class.h"
#include "recognise/intervals.h"
#include "recognise/one_byte_key.h"
#include "recognise/text_models.h"

namespace candor::recognise {

/// Bytes that must all be text under one key.
inline constexpr std::size_t kTextWindow = 48;
inline constexpr ByteClass kAsciiText = ByteClass("\t\r\n").range(0x20, 0x7e);
/// Texts that differ by no more are equally likely.
inline constexpr int kAsLikely = 3 * kBit;

/// What a key was put on may begin before what speaks for it, and end after; `size`: of all there is.
[[nodiscard]] Interval around_signs(Interval signs, std::size_t size);

/// A set of keys.
using Keys = std::array<std::uint64_t, 4>;

inline bool has(const Keys& keys, unsigned key) { return (keys[key >> 6] >> (key & 63) & 1) != 0; }
inline bool empty(const Keys& keys) { return (keys[0] | keys[1] | keys[2] | keys[3]) == 0; }
inline void keep(Keys& keys, const Keys& only) {
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] &= only[i];
}

/// By byte: the keys under which it was text.
[[nodiscard]] const std::array<Keys, 256>& text_keys_of(Way way);

/// The keys that make text of all of a window.
[[nodiscard]] inline Keys text_keys(ByteView window, Way way) {
  const std::array<Keys, 256>& text = text_keys_of(way);
  Keys keys = text[window[0]];
  for (std::size_t i = 1; i < window.size() && !empty(keys); ++i) keep(keys, text[window[i]]);
  return keys;
}

/// In the kind of text it is likeliest in, in 1/16 bit.
[[nodiscard]] int likelihood(ByteView window, std::uint8_t key, Way way);

/// How many different bytes are in a window.
[[nodiscard]] std::size_t kinds_of(ByteView window);
/// Whether a window has too many kinds of bytes for a row of dashes.
[[nodiscard]] bool varied(ByteView window);

}  // namespace candor::recognise
