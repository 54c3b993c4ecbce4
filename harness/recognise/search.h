// SPDX-License-Identifier: Apache-2.0
//
// One search of one surface: layer by layer, each in one pass for all patterns and triggers, then into every
// region a decoder may open. Owns the budgets of that search. Not for several threads at once.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"
#include "recognise/decoder.h"
#include "recognise/fragments.h"
#include "recognise/intervals.h"
#include "recognise/recogniser.h"
#include "recognise/sought.h"

namespace candor::recognise {

/// What was found in a layer and below it. Chains begin in this layer.
struct LayerFinding {
  std::vector<model::Hit> hits;
  std::vector<model::NotLookedInto> not_looked_into;
  Intervals opaque;  ///< Of this layer.
  Intervals opened;  ///< Of this layer: what containers and encodings explained to the end.
};

class Search {
 public:
  Search(const Sought& sought, const Limits& limits)
      : sought_(sought),
        literals_scratch_(sought.literals),
        containers_scratch_(sought.containers),
        escapes_scratch_(sought.escapes),
        limits_(limits),
        guessed_output_(limits.guessed_output) {}

  [[nodiscard]] LayerFinding explore(ByteView surface) { return explore(surface, {}); }
  /// Which parts of documents were found in all layers; once, at the end.
  [[nodiscard]] std::vector<model::Coverage> coverage();
  /// Bytes of all layers searched so far.
  [[nodiscard]] std::uint64_t searched() const { return searched_; }

 private:
  class Layer;
  /// How a layer was made of the one above.
  struct Origin {
    int depth = 0;
    bool below_guess = false;  ///< No pairs of keys are looked for: they would be one key too many.
    const std::vector<Edit>* edits = nullptr;  ///< Of an escape.
    unsigned changes = 0;  ///< ChangeKinds undone since the last decoder: none is undone twice in a row.
    bool guessed = false;  ///< Known bytes under a further change would have been seen above.
    bool seen = false;     ///< It stands in the one above and was searched there.
  };
  LayerFinding explore(ByteView layer, const Origin& origin);
  void cover(const FragmentIndex::Fragment& fragment);

  const Sought& sought_;
  Matcher::Scratch literals_scratch_;
  Matcher::Scratch containers_scratch_;
  Matcher::Scratch escapes_scratch_;
  const Limits& limits_;
  std::uint64_t searched_ = 0;
  std::size_t output_ = 0;
  std::size_t decodes_ = 0;
  std::size_t guessed_output_ = 0;            ///< Bytes that may still be looked at, or made, for guesses.
  std::map<std::size_t, Intervals> covered_;  ///< By document.
};

}  // namespace candor::recognise
