// SPDX-License-Identifier: Apache-2.0
//
// How likely bytes are in each kind of text that something may hide in. Rough on purpose: they only tell the
// right key from wrong ones. The weights of a byte in all kinds lie together, so that adding them up is one
// instruction or two on vectors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace candor::recognise {

inline constexpr std::size_t kTextModels = 12;
inline constexpr std::size_t kProse = 0;  ///< Words.
inline constexpr std::size_t kWide = 1;   ///< Words in wide characters.
inline constexpr int kBit = 16;           ///< One bit in the models' units.
/// Of bytes in a window: as many as a sum has room for.
inline constexpr std::size_t kLongestWindow = 128;

/// By model: the logarithm to base 2 of how often a byte stands in that kind of text, in 1/16 bit; or a sum
/// of such. Those past kTextModels are as unlikely as can be.
using TextWeights = std::array<std::int16_t, 16>;

/// By byte.
[[nodiscard]] const std::array<TextWeights, 256>& text_weights();

inline void add_weights(TextWeights& sums, const TextWeights& weights) {
  for (std::size_t model = 0; model < sums.size(); ++model)
    sums[model] = static_cast<std::int16_t>(sums[model] + weights[model]);
}

/// How likely a window of at most kLongestWindow bytes is in each.
[[nodiscard]] TextWeights text_likelihoods(ByteView window);

}  // namespace candor::recognise
