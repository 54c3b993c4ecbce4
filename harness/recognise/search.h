// SPDX-License-Identifier: Apache-2.0
//
// One search of one surface: layer by layer, each in one pass for all patterns and triggers, then into every
// region a decoder may open. Owns the budgets of that search. Not for several threads at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"
#include "recognise/decoder.h"
#include "recognise/intervals.h"
#include "recognise/matcher.h"
#include "recognise/pattern.h"
#include "recognise/recogniser.h"

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
  Search(const std::vector<Pattern>& patterns, const Matcher& literals, const Matcher& triggers,
         const Limits& limits)
      : patterns_(patterns),
        literals_(literals),
        triggers_(triggers),
        literals_scratch_(literals),
        triggers_scratch_(triggers),
        limits_(limits) {}

  [[nodiscard]] LayerFinding explore(ByteView surface) { return explore(surface, 0, nullptr); }
  /// Bytes of all layers searched so far.
  [[nodiscard]] std::uint64_t searched() const { return searched_; }

 private:
  class Layer;
  LayerFinding explore(ByteView layer, int depth, const std::vector<Edit>* edits);

  const std::vector<Pattern>& patterns_;
  const Matcher& literals_;  ///< Of the patterns; ids are their indices.
  const Matcher& triggers_;  ///< Of the decoders that have one, in their order.
  Matcher::Scratch literals_scratch_;
  Matcher::Scratch triggers_scratch_;
  const Limits& limits_;
  std::uint64_t searched_ = 0;
  std::size_t output_ = 0;
  std::size_t decodes_ = 0;
};

}  // namespace candor::recognise
