// SPDX-License-Identifier: Apache-2.0
//
// How likely bytes are in each kind of text that something may hide in. Rough on purpose: they only tell the
// right key from wrong ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace candor::recognise {

/// By byte: the logarithm to base 2 of how often it stands in one kind of text, in 1/16 bit.
using TextModel = std::array<std::int16_t, 256>;
inline constexpr std::size_t kTextModels = 12;
inline constexpr std::size_t kProse = 0;  ///< Words.
inline constexpr std::size_t kWide = 1;   ///< Words in wide characters.
inline constexpr int kBit = 16;           ///< One bit in the models' units.

[[nodiscard]] const std::array<TextModel, kTextModels>& text_models();

}  // namespace candor::recognise
