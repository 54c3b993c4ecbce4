// SPDX-License-Identifier: Apache-2.0
//
// What one look over a layer tells, made once for all decoders: where letters stand without blanks between
// them, of which kinds they are, and which of them are unlike words. A question about a part of a layer is
// then answered by counting bits.
//
// Immutable once made. The bytes must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "recognise/intervals.h"

namespace candor::recognise {

/// Of 64 bytes of a layer, a bit each. All are of solid parts only.
struct Letters {
  std::uint64_t any = 0;
  std::uint64_t small = 0;
  std::uint64_t capital = 0;
  std::uint64_t digit = 0;
  std::uint64_t pair = 0;     ///< A letter or digit, and the byte before is one too.
  std::uint64_t natural = 0;  ///< Such a pair that is common in words or numbers, in a case words have.
};

/// What the letters of a part look like, to tell encoded bytes from words, names and program text where there
/// are too few of them for entropy to say.
struct Texture {
  std::size_t letters = 0;  ///< Of any kind.
  std::size_t capitals = 0;
  std::size_t digits = 0;
  std::size_t marks = 0;    ///< Neither letters nor digits.
  std::size_t pairs = 0;    ///< Neighbours that are letters or digits.
  std::size_t natural = 0;  ///< Of them: common in words or numbers, and of a case words have.
  std::size_t changes = 0;  ///< Neighbours of which one is small, capital, digit or mark and the other not.

  /// In words about 0.9 of the pairs are natural, in random base64 and base32 0.2 to 0.3.
  [[nodiscard]] bool like_words() const { return natural * 5 >= pairs * 3; }
};

struct LayerMap {
  static constexpr std::size_t kShortestSolid = 10;
  /// Letters are unlike words if three pairs among so many are unnatural, or two at most so far apart, or one
  /// if marks leave few pairs.
  static constexpr std::size_t kOddWindow = 16;
  static constexpr std::size_t kOddPair = 2;

  ByteView bytes;
  /// Maximal runs of at least kShortestSolid printable ASCII characters without blanks (0x21 to 0x7e): all
  /// that text encodings are made of, while words of a language are mostly shorter.
  Intervals solid;
  /// Those of them that are unlike words somewhere: whatever stands for bytes that are no text is among them,
  /// and most identifiers, paths and addresses are not.
  Intervals odd;

  /// Of a part of which letters are counted where they stand in solid parts.
  [[nodiscard]] Texture texture(Interval part) const;
  /// Whether some part of it is unlike words: all of a short one, 16 letters of a longer one.
  [[nodiscard]] bool partly_unlike_words(Interval part) const;
  /// A quick look at the first letters: whether four pairs of them are natural, which one in two hundred
  /// random runs is, and most words are.
  [[nodiscard]] bool begins_like_a_word(Interval part) const;
  /// Whether it has so many capitals and digits.
  [[nodiscard]] bool has_capitals_or_digits(Interval part, std::size_t fewest) const;

  std::vector<Letters> letters = {};  ///< Empty if there is no solid part.
};

/// Walks the layer once.
[[nodiscard]] LayerMap map_of(ByteView layer);

/// How many different letters there are among the first `limit` ones; blanks and line breaks are left out.
[[nodiscard]] std::size_t kinds_of_letters(ByteView run, std::size_t limit);
/// How many different marks, likewise.
[[nodiscard]] std::size_t kinds_of_marks(ByteView run, std::size_t limit);

}  // namespace candor::recognise
