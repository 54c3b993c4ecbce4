// SPDX-License-Identifier: Apache-2.0
#include "recognise/coded_parts.h"

#include <algorithm>
#include <array>

#include "recognise/byte_class.h"
#include "recognise/layer_map.h"
#include "recognise/text_models.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kWindow = 48;
constexpr std::size_t kStep = 16;
/// Parts so near to each other are one: lines of a message, groups of digits.
constexpr std::size_t kNear = 96;
/// Letters in a row that are unlike words; fewer stand in any identifier.
constexpr std::size_t kShortest = 32;

constexpr ByteClass kText = ByteClass("\t\r\n").range(0x20, 0x7e);

/// Whether another model than that of words makes a window of text likelier.
bool is_coded(ByteView window) {
  const TextWeights sums = text_likelihoods(window);
  int best = sums[kProse];
  for (std::size_t model = 0; model < kTextModels; ++model)
    if (model != kProse && model != kWide) best = std::max<int>(best, sums[model]);
  return best > sums[kProse];
}

void add_windows(ByteView layer, Intervals& parts) {
  for_each_run(layer, kText, kWindow, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at + kWindow <= end; at += kStep)
      if (is_coded(layer.subspan(at, kWindow)))
        parts.push_back({std::max(begin, at - std::min(at, kWindow)), std::min(end, at + 2 * kWindow)});
    return true;
  });
}

void add_letters(const LayerMap& map, Intervals& parts) {
  for (const Interval part : map.odd)
    if (part.size() >= kShortest && map.partly_unlike_words(part)) parts.push_back(part);
}

}  // namespace

Intervals coded_parts(ByteView layer, std::size_t limit) {
  Intervals parts;
  add_windows(layer, parts);
  add_letters(map_of(layer), parts);
  Intervals joined;
  for (const Interval part : normalised(std::move(parts))) {
    if (!joined.empty() && (part.begin - joined.back().end <= kNear || joined.size() == limit))
      joined.back().end = part.end;
    else
      joined.push_back(part);
  }
  return joined;
}

}  // namespace candor::recognise
