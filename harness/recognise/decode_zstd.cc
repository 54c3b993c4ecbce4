// SPDX-License-Identifier: Apache-2.0
//
// Zstandard frames, RFC 8878, by libzstd, without a dictionary; frames that follow each other are one.
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

constexpr std::string_view kMagic = "\x28\xb5\x2f\xfd";
/// `zstd --long=31` goes up to 2 GiB. Memory is taken only as output fills the window.
constexpr int kWindowLogMax = 31;
/// No header is shorter (ZSTD_FRAMEHEADERSIZE_MIN, which is not in the stable interface); the library asks
/// for what it then needs.
constexpr std::size_t kHeaderMin = 6;

bool begins(ByteView bytes) {
  if (bytes.size() < 8) return false;
  const std::uint32_t magic = little32(bytes, 0);
  return magic == 0xfd2fb528 || (magic & 0xfffffff0) == 0x184d2a50;
}

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) { return trigger_end - kMagic.size(); }

struct Free {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

Unpacked unpack(ByteView input, Output& output) {
  const std::unique_ptr<ZSTD_DStream, Free> stream(ZSTD_createDStream());
  if (stream == nullptr ||
      ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kWindowLogMax)) != 0)
    throw Error("libzstd: no memory for a stream");
  // Block by block: what a call made before it met damage is lost.
  ZSTD_inBuffer in{input.data(), std::min(input.size(), kHeaderMin), 0};
  while (!output.full()) {
    const std::span<std::uint8_t> room = output.room();
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    const std::size_t code = ZSTD_decompressStream(stream.get(), &out, &in);
    output.advance(out.pos);
    if (ZSTD_isError(code) != 0) return {in.pos, StreamEnd::corrupt};
    if (code == 0) return {in.pos, StreamEnd::complete};
    if (out.pos < out.size && in.pos == in.size && in.size == input.size())
      return {in.pos, StreamEnd::cut_off};
    if (in.pos == in.size) in.size += std::min(code, input.size() - in.size);
  }
  return {in.pos, StreamEnd::budget};
}

Decoded decode(ByteView region, std::size_t max_output) {
  return unless_foreign(unpack_streams(region, max_output, begins, unpack));
}

}  // namespace

Decoder zstd_decoder() {
  return {.name = "zstd",
          .about = "Zstandard frames, one after the other",
          .nature = Nature::container,
          .trigger = "\\x28\\xb5\\x2f\\xfd",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
