// SPDX-License-Identifier: Apache-2.0
//
// bzip2 streams, by libbz2; streams that follow each other are one. A block is only readable as a whole, so
// a stream that is cut off gives its blocks before the last.
#include <bzlib.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "recognise/decoder.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kMagicSize = 10;
constexpr std::string_view kBlock = "\x31\x41\x59\x26\x53\x59";
constexpr std::string_view kEmpty("\x17\x72\x45\x38\x50\x90", 6);

bool begins(ByteView bytes) {
  if (bytes.size() < kMagicSize) return false;
  const std::string_view magic = as_text(bytes.first(kMagicSize));
  return magic.starts_with("BZh") && magic[3] >= '1' && magic[3] <= '9' &&
         (magic.ends_with(kBlock) || magic.ends_with(kEmpty));
}

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) { return trigger_end - kMagicSize; }

class Stream {
 public:
  Stream() {
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw Error("libbz2: no memory for a stream");
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { BZ2_bzDecompressEnd(&stream_); }
  bz_stream* operator->() { return &stream_; }
  bz_stream* get() { return &stream_; }

 private:
  bz_stream stream_{};
};

unsigned bounded(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

Unpacked unpack(ByteView input, Output& output) {
  Unpacked result{.end = StreamEnd::budget};
  Stream stream;
  while (!output.full()) {
    const std::span<std::uint8_t> room = output.room();
    const ByteView rest = input.subspan(result.consumed);
    stream->next_in = const_cast<char*>(as_text(rest).data());
    stream->avail_in = bounded(rest.size());
    stream->next_out = reinterpret_cast<char*>(room.data());
    stream->avail_out = bounded(room.size());
    const unsigned given = stream->avail_in;
    const unsigned free = stream->avail_out;
    const int code = BZ2_bzDecompress(stream.get());
    result.consumed += given - stream->avail_in;
    output.advance(free - stream->avail_out);
    if (code == BZ_STREAM_END) return {result.consumed, StreamEnd::complete};
    if (code != BZ_OK) return {result.consumed, StreamEnd::corrupt};
    if (stream->avail_out > 0 && result.consumed == input.size())
      return {result.consumed, StreamEnd::cut_off};
  }
  return result;
}

Decoded decode(ByteView region, std::size_t max_output) {
  return unpack_streams(region, max_output, begins, unpack);
}

}  // namespace

Decoder bzip2_decoder() {
  return {.name = "bzip2",
          .about = "bzip2 streams, one after the other",
          .nature = Nature::container,
          .trigger = "BZh[1-9](\\x31\\x41\\x59\\x26\\x53\\x59|\\x17\\x72\\x45\\x38\\x50\\x90)",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
