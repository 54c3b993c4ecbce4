// SPDX-License-Identifier: Apache-2.0
//
// zlib streams, RFC 1950, of any window size and without a preset dictionary. Two bytes are no magic, so the
// first deflate block must look right before it is tried, and a stream that fails early was none.
#include "recognise/decoder.h"
#include "recognise/inflate.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kSurelyZlib = 4096;

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  if (!plausible_deflate(layer.subspan(trigger_end))) return std::nullopt;
  return trigger_end - 2;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Inflated part = inflate(region, Wrapper::zlib, max_output);
  Decoded result;
  result.consumed = part.consumed;
  result.complete = part.end == InflateEnd::complete;
  if (part.bytes.size() >= kSurelyZlib || part.end == InflateEnd::budget) result.reason = reason(part.end);
  result.bytes = std::move(part.bytes);
  return result;
}

}  // namespace

Decoder zlib_decoder() {
  return {.name = "zlib",
          .about = "zlib streams",
          .nature = Nature::container,
          .trigger =
              "\\x08[\\x1d\\x5b\\x99\\xd7]|\\x18[\\x19\\x57\\x95\\xd3]|\\x28[\\x15\\x53\\x91\\xcf]|"
              "\\x38[\\x11\\x4f\\x8d\\xcb]|\\x48[\\x0d\\x4b\\x89\\xc7]|\\x58[\\x09\\x47\\x85\\xc3]|"
              "\\x68[\\x05\\x43\\x81\\xde]|\\x78[\\x01\\x5e\\x9c\\xda]",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
