// SPDX-License-Identifier: Apache-2.0
//
// Finds known passages in base64 and base32 over an alphabet that nobody told, by what every alphabet leaves
// as it is: which letters are equal (the isomorphs of classical cryptanalysis; Friedman, Military
// Cryptanalytics). No alphabet is tried: where the pattern of equal letters agrees, the alphabet is read off.
// The standard ones are left to their decoders.
//
// Immutable after construction. Time is linear in the solid runs of a layer; other bytes are not looked at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "recognise/decoder.h"
#include "recognise/window_table.h"

namespace candor::recognise {

/// A piece of a document. A match begins in its core, which is met as a whole or not at all, and goes on into
/// the rest as far as that agrees.
struct Passage {
  Bytes bytes;
  std::size_t core_begin = 0;
  std::size_t core_end = 0;
};

/// A run of letters and the part of the alphabet that a passage in it tells.
struct Alphabetic {
  std::string step;  ///< As change.h names it.
  std::size_t begin = 0;
  std::size_t end = 0;
};

class AlphabetIndex {
 public:
  /// Cores of fewer than kShortestCore bytes are not looked for.
  explicit AlphabetIndex(std::vector<Passage> passages);

  /// Calls `on_run` for every run of letters, at least kShortestLine of them in each line but the last, in
  /// which a passage stands.
  void scan(const LayerMap& map, const std::function<void(Alphabetic)>& on_run) const;

  static constexpr std::size_t kShortestCore = 24;
  static constexpr std::size_t kShortestLine = 20;

 private:
  /// A passage as letters of so many bits, the first of which begins at bit `skip` of it.
  struct Reading {
    std::uint32_t passage = 0;
    std::uint8_t bits = 6;
    std::uint8_t skip = 0;
    std::uint32_t window = 0;  ///< The last letter of the window that is in the table.
  };
  class Scan;

  void add_reading(std::size_t passage, std::uint8_t bits, std::uint8_t skip);

  std::vector<Passage> passages_;
  std::vector<Reading> readings_;
  WindowTable windows_;
};

}  // namespace candor::recognise
