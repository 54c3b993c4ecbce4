// SPDX-License-Identifier: Apache-2.0
//
// A sender who chooses the value of a field, packet after packet, sends bytes in them. Which part of each
// value he uses, and in which order, is his choice: here are the useful ways, as byte strings to be searched.
// Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/bytes.h"

namespace candor::capture {

/// How values became bytes.
struct Packing {
  enum class Part { whole, whole_little_endian, low, high, difference };
  Part part = Part::low;
  unsigned bits = 8;       ///< Of each value.
  bool high_first = true;  ///< Of a byte's bits, the first value makes the highest.
  bool inverted = false;
  std::size_t skipped = 0;  ///< Values left out at the begin, for the byte's boundary to fall elsewhere.

  /// Which value a byte of the result begins in.
  [[nodiscard]] std::size_t value_at(std::size_t byte) const { return skipped + byte * 8 / bits; }
  /// "low 2 bits joined, first highest".
  [[nodiscard]] std::string text() const;
};

/// Calls `use` with each packing of values of `width` bits: whole values (low and high byte first), low byte,
/// two low bytes, high byte, differences of neighbours, and the low one, two and four bits at every boundary
/// and in both orders. With `inverted`, single bits also inverted, for fields in which it is for chance to
/// say what is a one. The bytes live for the call. All together make about ten bytes of each value.
void pack(std::span<const std::uint64_t> values, unsigned width, bool inverted,
          const std::function<void(const Packing&, ByteView)>& use);

}  // namespace candor::capture
