// SPDX-License-Identifier: Apache-2.0
//
// Bounded inflation, for the decoders of gzip, zlib, zip and raw deflate. ISA-L's is more than twice as fast
// as zlib's, but loses some of what stands before damage: zlib has the last word on streams that do not end
// well.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "recognise/unpack.h"

namespace candor::recognise {

using InflateEnd = StreamEnd;

struct Inflated {
  Bytes bytes;
  std::size_t consumed = 0;
  InflateEnd end = InflateEnd::cut_off;
};

enum class Wrapper { raw, zlib, gzip };

/// Inflates from the start of `input` until the stream ends, the input ends, or `output` is full.
[[nodiscard]] Unpacked inflate_into(ByteView input, Wrapper wrapper, Output& output);
/// The same, with at most `max_output` bytes.
[[nodiscard]] Inflated inflate(ByteView input, Wrapper wrapper, std::size_t max_output);

/// Whether a deflate stream can begin so: cheap, and wrong only in saying yes.
[[nodiscard]] bool plausible_deflate(ByteView input);
}  // namespace candor::recognise
