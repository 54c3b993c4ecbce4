// SPDX-License-Identifier: Apache-2.0
//
// gzip, RFC 1952; members that follow each other are one stream.
#include "recognise/decoder.h"
#include "recognise/inflate.h"

namespace candor::recognise {

namespace {

constexpr std::uint8_t kExtraFlag = 4;

bool header_at(ByteView bytes) {
  return bytes.size() >= 10 && bytes[0] == 0x1f && bytes[1] == 0x8b && bytes[2] == 8 &&
         (bytes[3] & 0xe0) == 0;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - 3;
  if (!header_at(layer.subspan(at))) return std::nullopt;
  return at;
}

/// The extra field of a header is the one place for bytes nobody explains; names and comments are text.
std::size_t extra_size(ByteView header) {
  if ((header[3] & kExtraFlag) == 0 || header.size() < 12) return 0;
  return header[10] + 256U * header[11];
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  Output output(max_output);
  while (header_at(region.subspan(result.consumed))) {
    const ByteView member = region.subspan(result.consumed);
    const Unpacked part = inflate_into(member, Wrapper::gzip, output);
    result.consumed += part.consumed;
    result.unexplained += extra_size(member);
    result.complete = part.end == StreamEnd::complete;
    result.reason = reason(part.end);
    if (!result.complete) break;
  }
  result.bytes = output.copy();
  return result;
}

}  // namespace

Decoder gzip_decoder() {
  return {.name = "gzip",
          .about = "gzip members, one after the other",
          .nature = Nature::container,
          .trigger = "\\x1f\\x8b\\x08",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
