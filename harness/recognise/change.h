// SPDX-License-Identifier: Apache-2.0
//
// Changes of every byte of a stretch, which have no begin and no end of their own: XOR, addition, rotated
// letters, reversed order, swapped nibbles; and base64 and base32 over an alphabet of their own. Steps of
// decode chains name them with their key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace candor::recognise {

/// Kinds of changes, as bits of a set.
enum class ChangeKind : unsigned {
  none = 0,
  xored = 1,
  added = 2,
  rotated = 4,
  reversed = 8,
  nibbles = 16,
  alphabet = 32
};

/// What kind of change a step's name tells; none: it is no change's name.
[[nodiscard]] ChangeKind change_kind(std::string_view step);

/// The step of base64 (64 letters) or base32 (32) over an alphabet in the order of the letters' values; 0
/// where a letter is not known: then what it stands for becomes zero bits.
[[nodiscard]] std::string alphabet_step(ByteView letters);

/// Undoes the change named by `step`: "xor:5a1b", "add:0d", "from:0d" (each byte was
/// taken from that value: inverted bits with a byte added are the same), "rot:13", "rot47", "reversed",
/// "nibbles", "letters:" and an alphabet with blanks for unknown letters. Nothing if there is no such change.
[[nodiscard]] std::optional<Bytes> undo_change(std::string_view step, ByteView region);

}  // namespace candor::recognise
