// SPDX-License-Identifier: Apache-2.0
//
// What a few letters look like, to tell encoded bytes from words, names and program text where there are too
// few of them for entropy to say.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace candor::recognise {

struct Texture {
  std::size_t letters = 0;  ///< Of any kind; line breaks and blanks are left out.
  std::size_t kinds = 0;    ///< Different ones.
  std::size_t capitals = 0;
  std::size_t digits = 0;
  std::size_t marks = 0;  ///< Neither letters nor digits.
  std::size_t mark_kinds = 0;
  std::size_t pairs = 0;    ///< Neighbours that are letters or digits.
  std::size_t natural = 0;  ///< Of them: common in words or numbers, and of a case words have.
  std::size_t changes = 0;  ///< Neighbours of which one is small, capital, digit or mark and the other not.

  /// In words about 0.9 of the pairs are natural, in random base64 and base32 0.2 to 0.3.
  [[nodiscard]] bool like_words() const { return natural * 5 >= pairs * 3; }
};

/// Of the first `limit` letters.
[[nodiscard]] Texture texture(ByteView run, std::size_t limit);

/// Whether some part of a run is unlike words: all of a short one, 16 letters of a longer one.
[[nodiscard]] bool partly_unlike_words(ByteView run);

/// Whether there are at least `fewest` capitals and digits in ASCII text of at least eight characters.
[[nodiscard]] bool has_capitals_or_digits(ByteView text, std::size_t fewest);

/// A quick look at the first letters: whether four pairs of them are natural, which one in two hundred random
/// runs is, and most words are.
[[nodiscard]] bool begins_like_a_word(ByteView run);

}  // namespace candor::recognise
