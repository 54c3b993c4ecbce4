// SPDX-License-Identifier: Apache-2.0
//
// Raw deflate, RFC 1951, as in the body of an HTTP message of some clients: no magic and no checksum. So it
// is only looked for at the begin of a layer; it counts if it fills the layer, or makes enough.
#include "recognise/decoder.h"
#include "recognise/inflate.h"

namespace candor::recognise {

namespace {

/// Random bytes pass for a fixed block until a distance reaches too far back: after a few bytes.
constexpr std::size_t kSurelyDeflate = 4096;

Decoded decode(ByteView region, std::size_t max_output) {
  if (!plausible_deflate(region)) return {};
  Output output(max_output);
  const Unpacked part = inflate_into(region, Wrapper::raw, output);
  const bool fills = part.end == StreamEnd::complete && part.consumed == region.size();
  if (!fills && output.size() < kSurelyDeflate) return {};
  return {.bytes = output.copy(),
          .consumed = part.consumed,
          .complete = part.end == StreamEnd::complete,
          .reason = reason(part.end)};
}

}  // namespace

Decoder deflate_decoder() {
  return {.name = "deflate",
          .about = "raw deflate at the begin of a layer",
          .nature = Nature::container,
          .at_begin = true,
          .decode = decode};
}

}  // namespace candor::recognise
