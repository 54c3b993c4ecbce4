// SPDX-License-Identifier: Apache-2.0
//
// What the decoders of escapes share: everything is copied but what follows a lead character and stands for
// other bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "recognise/decoder.h"

namespace candor::recognise {

/// What an escape at the start of some bytes stands for; `in_size` 0: there is none.
struct Unescaped {
  std::size_t in_size = 0;
  std::size_t out_size = 0;
  std::array<std::uint8_t, 4> out{};
};

/// Undoes all escapes of a region; one starts at each `lead` for which `read` says so.
[[nodiscard]] Decoded unescape(ByteView region, std::size_t max_output, char lead,
                               Unescaped (*read)(ByteView at_lead));

/// An escape of `in_size` bytes for one byte.
[[nodiscard]] Unescaped one_byte(std::size_t in_size, int value);
/// An escape of `in_size` bytes for a Unicode scalar value, in UTF-8; none if it is not one.
[[nodiscard]] Unescaped code_point(std::size_t in_size, std::uint32_t value);

inline constexpr std::array<std::int8_t, 256> kHexValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::int8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
  for (std::int8_t i = 10; i < 16; ++i)
    values[static_cast<std::size_t>('a' - 10 + i)] = values[static_cast<std::size_t>('A' - 10 + i)] = i;
  return values;
}();
/// The value of a hexadecimal digit of either case, or -1.
[[nodiscard]] inline int hex_value(std::uint8_t digit) { return kHexValues[digit]; }
/// The value of `count` hexadecimal digits at `at`, or -1.
[[nodiscard]] std::int64_t hex_number(ByteView bytes, std::size_t at, std::size_t count);

}  // namespace candor::recognise
