// SPDX-License-Identifier: Apache-2.0
//
// Bounded inflation by zlib, for the decoders of gzip, zlib and zip.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace candor::recognise {

enum class InflateEnd { complete, cut_off, corrupt, budget };

struct Inflated {
  Bytes bytes;
  std::size_t consumed = 0;
  InflateEnd end = InflateEnd::cut_off;
};

enum class Wrapper : int { raw = -15, zlib = 15, gzip = 31 };

/// Inflates from the start of `input` until the stream ends, the input ends, or `max_output` bytes are made.
[[nodiscard]] Inflated inflate(ByteView input, Wrapper wrapper, std::size_t max_output);

/// Whether a deflate stream can begin so: cheap, and wrong only in saying yes.
[[nodiscard]] bool plausible_deflate(ByteView input);

/// "cut off", "corrupt", "output budget" …, or "" for a complete one.
[[nodiscard]] const char* reason(InflateEnd end);

}  // namespace candor::recognise
