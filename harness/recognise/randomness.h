// SPDX-License-Identifier: Apache-2.0
//
// How evenly bytes spread over an alphabet: the test that tells encoded binary data from words.
#pragma once

#include "base/bytes.h"
#include "recognise/intervals.h"

namespace candor::recognise {

/// Shannon entropy of the bytes' frequencies, in bits per byte, with Miller and Madow's correction for small
/// samples. English letters have about 4.2, hex of random bytes 4, base32 5, base64 6.
[[nodiscard]] double entropy(ByteView bytes);

/// Shorter runs of text appear in random bytes by chance.
inline constexpr std::size_t kShortestText = 16;

/// Whether all of it is well-formed UTF-8 without control characters but tab, CR and LF.
[[nodiscard]] bool is_text(ByteView bytes);

/// Maximal runs of such text of at least kShortestText bytes.
[[nodiscard]] Intervals text_runs(ByteView layer);

/// The parts of such text that spread over the printable characters as no language or markup does: base64,
/// base85 and their like, also cut into lines or short strings.
[[nodiscard]] Intervals random_text(ByteView layer, const Intervals& text);

}  // namespace candor::recognise
