// SPDX-License-Identifier: Apache-2.0
#include "recognise/lzma_stream.h"

namespace candor::recognise {

Unpacked LzmaStream::run(ByteView input, Output& output) {
  stream_.next_in = input.data();
  stream_.avail_in = input.size();
  while (!output.full()) {
    const std::span<std::uint8_t> room = output.room();
    stream_.next_out = room.data();
    stream_.avail_out = room.size();
    const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
    output.advance(room.size() - stream_.avail_out);
    const std::size_t consumed = input.size() - stream_.avail_in;
    if (code == LZMA_STREAM_END) return {consumed, StreamEnd::complete};
    if (code != LZMA_OK && code != LZMA_BUF_ERROR) return {consumed, StreamEnd::corrupt};
    if (stream_.avail_out > 0 && stream_.avail_in == 0) return {consumed, StreamEnd::cut_off};
  }
  return {input.size() - stream_.avail_in, StreamEnd::budget};
}

}  // namespace candor::recognise
