// SPDX-License-Identifier: Apache-2.0
#include "recognise/inflate.h"

#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "recognise/bits.h"

namespace candor::recognise {

namespace {

/// Both libraries count in 32 bits.
std::uint32_t bounded(std::size_t size) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(size, std::numeric_limits<std::int32_t>::max()));
}

class Stream {
 public:
  explicit Stream(Wrapper wrapper) {
    if (inflateInit2(&stream_, window_bits(wrapper)) != Z_OK) throw Error("zlib: no memory for a stream");
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { inflateEnd(&stream_); }
  z_stream* operator->() { return &stream_; }
  z_stream* get() { return &stream_; }

 private:
  static int window_bits(Wrapper wrapper) {
    if (wrapper == Wrapper::raw) return -15;
    return wrapper == Wrapper::zlib ? 15 : 31;
  }

  z_stream stream_{};
};

Unpacked inflate_by_zlib(ByteView input, Wrapper wrapper, Output& output) {
  Stream stream(wrapper);
  std::size_t consumed = 0;
  while (!output.full()) {
    const ByteView rest = input.subspan(consumed);
    const std::span<std::uint8_t> room = output.room();
    stream->next_in = const_cast<Bytef*>(rest.data());
    stream->avail_in = bounded(rest.size());
    stream->next_out = room.data();
    stream->avail_out = bounded(room.size());
    const int code = ::inflate(stream.get(), Z_NO_FLUSH);
    consumed += static_cast<std::size_t>(stream->next_in - rest.data());
    output.advance(static_cast<std::size_t>(stream->next_out - room.data()));
    if (code == Z_STREAM_END) return {consumed, StreamEnd::complete};
    if (code != Z_OK && code != Z_BUF_ERROR) return {consumed, StreamEnd::corrupt};
    if (stream->avail_out > 0 && consumed == input.size()) return {consumed, StreamEnd::cut_off};
  }
  return {consumed, StreamEnd::budget};
}

std::uint32_t flag_of(Wrapper wrapper) {
  if (wrapper == Wrapper::raw) return ISAL_DEFLATE;
  return wrapper == Wrapper::zlib ? ISAL_ZLIB : ISAL_GZIP;
}

/// Tells of a stream that does not end well only that.
Unpacked inflate_by_igzip(ByteView input, Wrapper wrapper, Output& output) {
  static thread_local inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = flag_of(wrapper);
  std::size_t consumed = 0;
  while (!output.full()) {
    const ByteView rest = input.subspan(consumed);
    const std::span<std::uint8_t> room = output.room();
    state.next_in = const_cast<std::uint8_t*>(rest.data());
    state.avail_in = bounded(rest.size());
    state.next_out = room.data();
    state.avail_out = bounded(room.size());
    const int code = isal_inflate(&state);
    consumed += static_cast<std::size_t>(state.next_in - rest.data());
    output.advance(static_cast<std::size_t>(state.next_out - room.data()));
    // Of a raw stream it has read ahead.
    if (code == ISAL_DECOMP_OK && state.block_state == ISAL_BLOCK_FINISH)
      return {consumed - static_cast<std::size_t>(state.read_in_length) / 8, StreamEnd::complete};
    if (code != ISAL_DECOMP_OK && code != ISAL_OUT_OVERFLOW && code != ISAL_END_INPUT)
      return {consumed, StreamEnd::corrupt};
    if (state.avail_out > 0 && consumed == input.size()) return {consumed, StreamEnd::cut_off};
  }
  return {consumed, StreamEnd::budget};
}

/// The code for code lengths must use its 7 bits exactly; few random bytes do.
bool plausible_dynamic_block(BitReader bits) {
  const unsigned literals = bits.take(5);
  const unsigned distances = bits.take(5);
  const unsigned lengths = bits.take(4) + 4;
  if (literals > 29 || distances > 29) return false;
  unsigned used = 0;
  for (unsigned i = 0; i < lengths; ++i)
    if (const unsigned length = bits.take(3); length != 0) used += 128U >> length;
  return used == 128;
}

}  // namespace

Unpacked inflate_into(ByteView input, Wrapper wrapper, Output& output) {
  const std::size_t before = output.size();
  const Unpacked fast = inflate_by_igzip(input, wrapper, output);
  if (fast.end == StreamEnd::complete || fast.end == StreamEnd::budget) return fast;
  output.drop_beyond(before);
  return inflate_by_zlib(input, wrapper, output);
}

Inflated inflate(ByteView input, Wrapper wrapper, std::size_t max_output) {
  Output output(max_output);
  const Unpacked part = inflate_into(input, wrapper, output);
  return {output.copy(), part.consumed, part.end};
}

bool plausible_deflate(ByteView input) {
  if (input.empty()) return false;
  BitReader bits(input);
  bits.take(1);
  switch (bits.take(2)) {
    case 0:
      return input.size() < 5 || (input[1] == (input[3] ^ 0xff) && input[2] == (input[4] ^ 0xff));
    case 1:
      return true;
    case 2:
      return input.size() < 10 || plausible_dynamic_block(bits);
    default:
      return false;
  }
}

}  // namespace candor::recognise
