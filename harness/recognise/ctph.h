// SPDX-License-Identifier: Apache-2.0
//
// Context-triggered piecewise hashes, as the program ssdeep writes them: J. Kornblum, "Identifying almost
// identical files using context triggered piecewise hashing", Digital Investigation 3S (2006), after A.
// Tridgell's spamsum. A rolling hash of seven bytes cuts the file into pieces; the signature has one letter
// (six bits of an FNV hash) for each. Pure, and bounded by what they are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace candor::recognise {

struct Ctph {
  static constexpr std::size_t kMostLetters = 64;

  std::uint64_t block_size = 0;  ///< Bytes a piece has on average: 3 * 2^n.
  std::string signature;         ///< At most kMostLetters.
  std::string half;              ///< The same for twice the block size, of fewer letters.
  bool operator==(const Ctph&) const = default;
};

[[nodiscard]] Ctph ctph_of(ByteView bytes);

/// "BLOCKSIZE:SIGNATURE:HALF".
[[nodiscard]] std::string text(const Ctph& hash);

struct CtphInText {
  Ctph hash;
  std::size_t length = 0;  ///< Characters it takes.
};
/// The hash that `text` begins with, as many letters as there are; nothing if it is none.
[[nodiscard]] std::optional<CtphInText> ctph_at_begin(std::string_view text);

/// Runs of one letter cut to three, as ssdeep does before it compares: they come of monotonous files.
[[nodiscard]] Ctph without_long_runs(const Ctph& hash);

/// ssdeep's match score: 0 (nothing in common, or not comparable) to 100 (the same). Of hashes without long
/// runs. A score below `at_least` may be given as 0, which is found out much faster.
[[nodiscard]] int score(const Ctph& a, const Ctph& b, int at_least = 1);

}  // namespace candor::recognise
