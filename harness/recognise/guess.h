// SPDX-License-Identifier: Apache-2.0
//
// Which changes of all bytes could make sense of a small stretch that nothing else does: tried last, on
// little. Nothing is tried without a sign that it may lead somewhere: the mark of a container, text, letters
// that are no words.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "recognise/intervals.h"

namespace candor::recognise {

/// What may have been done to a part of a stretch.
struct Guess {
  std::vector<std::string> steps;  ///< As change.h names them, to be undone one after the other.
  Interval part;
};

/// The likeliest first, at most a few hundred, most of them of small parts: XOR with and addition of one
/// byte, reversed order, swapped nibbles, rotated letters; and two of them on top of each other, some of
/// three. With `pairs` also a key added over a key xored and the other way around, which take longer to tell.
[[nodiscard]] std::vector<Guess> guess_changes(ByteView stretch, bool pairs = true);

}  // namespace candor::recognise
