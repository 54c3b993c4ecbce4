// SPDX-License-Identifier: Apache-2.0
//
// Changes of every byte of a stretch, which have no begin and no end of their own: XOR, addition, rotated
// letters, reversed order, swapped nibbles. Steps of decode chains name them with their key.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace candor::recognise {

/// Kinds of changes, as bits of a set.
enum class ChangeKind : unsigned { none = 0, xored = 1, added = 2, rotated = 4, reversed = 8, nibbles = 16 };

/// What kind of change a step's name tells; none: it is no change's name.
[[nodiscard]] ChangeKind change_kind(std::string_view step);

/// Undoes the change named by `step`: "xor:5a1b", "add:0d", "rot:13", "rot47", "reversed", "nibbles". Nothing
/// if there is no such change.
[[nodiscard]] std::optional<Bytes> undo_change(std::string_view step, ByteView region);

}  // namespace candor::recognise
