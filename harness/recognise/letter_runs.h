// SPDX-License-Identifier: Apache-2.0
//
// Runs of the letters of an encoding's alphabet in the solid parts of a layer. A run goes on over a line
// break and the indentation of the next line.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.h"
#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/layer_map.h"

namespace candor::recognise {

/// No word of a language is as long.
inline constexpr std::size_t kLongWord = 48;

/// What is looked for.
struct LetterRuns {
  const ByteClass& letters;
  std::size_t shortest;  ///< Letters in one line; at least LayerMap::kShortestSolid.
  std::size_t line;      ///< Letters in a line after which a run may go on in the next.
  std::size_t capitals;  ///< Fewest capitals and digits in a word, which tell it from prose.
  bool odd = false;      ///< Only where letters are unlike words: see LayerMap::odd.
};

/// Where a run begins of which a line stands from `begin` to `end`: there, or lines before, but not before
/// `from`.
[[nodiscard]] std::size_t first_line(ByteView layer, std::size_t begin, std::size_t end, std::size_t from,
                                     const LetterRuns& wanted);
/// Where it ends, if the line from `begin` to `end` is not its last.
[[nodiscard]] std::size_t last_line(ByteView layer, std::size_t begin, std::size_t end,
                                    const LetterRuns& wanted);

/// Calls `on_run(begin, end)` for each maximal run, in order, while it returns true.
template <typename OnRun>
void for_each_letter_run(const LayerMap& map, const LetterRuns& wanted, OnRun&& on_run) {
  std::size_t done = 0;
  bool more = true;
  for (const Interval solid : wanted.odd ? map.odd : map.solid) {
    if (!more) return;
    if (solid.size() < wanted.shortest || solid.end <= done) continue;
    const std::size_t from = std::max(solid.begin, done);
    if (solid.size() < kLongWord && !map.has_capitals_or_digits({from, solid.end}, wanted.capitals)) continue;
    for_each_run(map.bytes.subspan(from, solid.end - from), wanted.letters, wanted.shortest,
                 [&](std::size_t begin, std::size_t end) {
                   const std::size_t first = first_line(map.bytes, from + begin, from + end, done, wanted);
                   done = last_line(map.bytes, from + begin, from + end, wanted);
                   more = on_run(first, done);
                   return more;
                 });
  }
}

}  // namespace candor::recognise
