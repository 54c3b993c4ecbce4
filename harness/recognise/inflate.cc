// SPDX-License-Identifier: Apache-2.0
#include "recognise/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"

namespace candor::recognise {

namespace {

class Stream {
 public:
  explicit Stream(Wrapper wrapper) {
    if (inflateInit2(&stream_, static_cast<int>(wrapper)) != Z_OK)
      throw Error("zlib: no memory for a stream");
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { inflateEnd(&stream_); }
  z_stream* operator->() { return &stream_; }
  z_stream* get() { return &stream_; }

 private:
  z_stream stream_{};
};

uInt bounded(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max() / 2));
}

InflateEnd end_of(int code) {
  if (code == Z_STREAM_END) return InflateEnd::complete;
  if (code == Z_OK || code == Z_BUF_ERROR) return InflateEnd::cut_off;
  return InflateEnd::corrupt;
}

/// Bits of a deflate stream, least significant first.
class BitReader {
 public:
  explicit BitReader(ByteView input) : input_(input) {}
  unsigned take(unsigned count) {
    unsigned value = 0;
    for (unsigned bit = 0; bit < count; ++bit, ++at_) {
      if (at_ / 8 >= input_.size()) continue;
      value |= ((input_[at_ / 8] >> (at_ % 8)) & 1U) << bit;
    }
    return value;
  }

 private:
  ByteView input_;
  std::size_t at_ = 0;
};

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

Inflated inflate(ByteView input, Wrapper wrapper, std::size_t max_output) {
  Inflated result;
  result.end = InflateEnd::budget;
  if (max_output == 0) return result;
  Stream stream(wrapper);
  std::array<std::uint8_t, 16384> piece;
  int code = Z_OK;
  bool output_full = false;
  stream->next_in = const_cast<Bytef*>(input.data());
  while (code == Z_OK && !output_full) {
    stream->avail_in = bounded(input.size() - result.consumed);
    const uInt given = stream->avail_in;
    stream->next_out = piece.data();
    const std::size_t room = std::min(piece.size(), max_output - result.bytes.size());
    stream->avail_out = static_cast<uInt>(room);
    code = ::inflate(stream.get(), Z_NO_FLUSH);
    const std::size_t made = room - stream->avail_out;
    result.consumed += given - stream->avail_in;
    result.bytes.insert(result.bytes.end(), piece.data(), piece.data() + made);
    output_full = code == Z_OK && result.bytes.size() == max_output;
  }
  result.end = output_full ? InflateEnd::budget : end_of(code);
  return result;
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

const char* reason(InflateEnd end) {
  switch (end) {
    case InflateEnd::complete:
      return "";
    case InflateEnd::cut_off:
      return "cut off";
    case InflateEnd::corrupt:
      return "corrupt";
    case InflateEnd::budget:
      return "output budget";
  }
  return "";
}

}  // namespace candor::recognise
