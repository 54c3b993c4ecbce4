// SPDX-License-Identifier: Apache-2.0
//
// Finds known strings whose bytes were all changed in one and the same unknown way, by what such a change
// leaves as it was, without trying keys:
//   - XOR with a repeating key of p bytes leaves b[i] ^ b[i+p];
//   - adding one value to each byte leaves b[i+1] - b[i], also to inverted bits;
//   - rotating letters, reversing and swapping nibbles are few enough to be looked for as such.
//
// The known strings are short (a canary has 26 bytes), yet no position is skipped for good: a string of n
// bytes holds windows of w bytes at n-w+1 offsets, all of which are in the table, so that it is enough to
// look at every (n-w+1)-th position of the layer. A key of p bytes also repeats after every multiple of p; so
// a handful of periods stands for all of 1 to 32.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "recognise/window_table.h"

namespace candor::recognise {

/// A string to look for.
struct Known {
  Bytes bytes;
  bool any_case = false;   ///< As it stands, reversed or rotated, ASCII letters may be of either case.
  bool landmark = false;   ///< A longer piece of a document: looked for under changes only.
  std::size_t id = kNone;  ///< Told when it stands there as it is.
  static constexpr std::size_t kNone = SIZE_MAX;
};
inline constexpr std::size_t kShortestKnown = 26;
inline constexpr std::size_t kShortestLandmark = 74;

/// A way of changing bytes, and where it was recognised.
struct Change {
  /// "xor:5a" (the key from a layer offset on that is a multiple of its length), "add:0d", "from:0d",
  /// "rot:13", "reversed", "nibbles".
  std::string step;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t period = 1;  ///< Of the key.
};

class DisguisedIndex {
 public:
  /// Strings shorter than kShortestKnown (kShortestLandmark) are not looked for.
  explicit DisguisedIndex(std::vector<Known> known);

  /// Calls `on_plain(id, begin)` for every Known with an id that stands there as it is, and `on_change` for
  /// every change recognised; without an `on_change` none is looked for.
  void scan(ByteView layer, const std::function<void(std::size_t id, std::size_t begin)>& on_plain,
            const std::function<void(Change)>& on_change) const;

 private:
  struct XorProbe {
    std::size_t period = 0;
    std::size_t stride = 0;
    WindowTable table;
  };
  class Scan;

  void add_texts(std::size_t string);
  void add_exact(std::size_t string);
  void add_sums(std::size_t string);
  void add_xors(std::size_t string);

  std::vector<Known> known_;
  WindowTable texts_;  ///< Letters in lower case; rotated and reversed ones too.
  WindowTable exact_;  ///< Nibbles swapped; landmarks reversed.
  WindowTable sums_;   ///< Differences of neighbours.
  std::vector<XorProbe> xors_;
};

}  // namespace candor::recognise
