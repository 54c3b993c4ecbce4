// SPDX-License-Identifier: Apache-2.0
//
// xz streams (The .xz File Format 1.1.0), by liblzma; streams that follow each other are one.
#include <string_view>

#include "base/error.h"
#include "recognise/decoder.h"
#include "recognise/lzma_stream.h"

namespace candor::recognise {

namespace {

constexpr std::string_view kMagic("\xfd\x37zXZ\0", 6);

bool begins(ByteView bytes) { return as_text(bytes).starts_with(kMagic); }

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end + 1 - kMagic.size();
  return begins(layer.subspan(at)) ? std::optional(at) : std::nullopt;
}

Unpacked unpack(ByteView input, Output& output) {
  LzmaStream stream;
  if (lzma_stream_decoder(stream.get(), kMostMemory, 0) != LZMA_OK)
    throw Error("liblzma: no memory for a stream");
  return stream.run(input, output);
}

Decoded decode(ByteView region, std::size_t max_output) {
  return unpack_streams(region, max_output, begins, unpack);
}

}  // namespace

Decoder xz_decoder() {
  return {.name = "xz",
          .about = "xz streams, one after the other",
          .nature = Nature::container,
          .trigger = "\\xfd\\x37zXZ",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
