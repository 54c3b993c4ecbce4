// SPDX-License-Identifier: Apache-2.0
//
// liblzma's decoders over one input, for xz, lzma, lzip and 7z.
//
// A dictionary is addressed by a header, but memory is taken only as output fills it, so the output's bound
// is also that of the memory; a dictionary beyond kMostMemory is refused all the same.
#pragma once

#include <lzma.h>

#include "recognise/unpack.h"

namespace candor::recognise {

/// xz makes dictionaries of up to 1.5 GiB.
inline constexpr std::uint64_t kMostMemory = 1600ULL << 20;

class LzmaStream {
 public:
  LzmaStream() = default;
  LzmaStream(const LzmaStream&) = delete;
  LzmaStream& operator=(const LzmaStream&) = delete;
  ~LzmaStream() { lzma_end(&stream_); }
  /// To be given to one of lzma_*_decoder().
  [[nodiscard]] lzma_stream* get() { return &stream_; }
  /// Runs the decoder that was set up until the stream, the input or the output ends.
  [[nodiscard]] Unpacked run(ByteView input, Output& output);

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace candor::recognise
