// SPDX-License-Identifier: Apache-2.0
//
// Brotli, RFC 7932: no magic and no checksum. So it is only looked for at the begin of a layer; it counts if
// it fills the layer, or makes enough. Most foreign bytes are refused by the first meta-block's header.
#include <brotli/decode.h>

#include <memory>

#include "base/error.h"
#include "recognise/bits.h"
#include "recognise/decoder.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

/// The built-in dictionary makes words of few bits, so random bytes may make some before they fail.
constexpr std::size_t kSurelyBrotli = 2048;

/// Skips WBITS (section 9.1); false for the reserved value, which large windows use.
bool skip_window_size(BitReader& bits) {
  if (bits.take(1) == 0) return true;
  if (bits.take(3) != 0) return true;
  return bits.take(3) != 1;
}

/// Whether a compressed meta-block with something in it may begin so. What is not compressed is seen as is,
/// and encoders put no metadata first.
bool plausible(ByteView input) {
  BitReader bits(input);
  if (!skip_window_size(bits)) return false;
  const bool is_last = bits.take(1) == 1;
  if (is_last && bits.take(1) == 1) return false;
  const unsigned nibbles = 4 + bits.take(2);
  if (nibbles == 7) return false;
  const unsigned most_significant = bits.take(4 * nibbles) >> (4 * nibbles - 4);
  if (nibbles > 4 && most_significant == 0) return false;
  return is_last || bits.take(1) == 0;
}

struct Free {
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

Unpacked unpack(ByteView input, Output& output) {
  const std::unique_ptr<BrotliDecoderState, Free> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (state == nullptr) throw Error("brotli: no memory for a stream");
  const std::uint8_t* next_in = input.data();
  std::size_t left = input.size();
  while (!output.full()) {
    const std::span<std::uint8_t> room = output.room();
    std::uint8_t* next_out = room.data();
    std::size_t free = room.size();
    const BrotliDecoderResult code =
        BrotliDecoderDecompressStream(state.get(), &left, &next_in, &free, &next_out, nullptr);
    output.advance(room.size() - free);
    const std::size_t consumed = input.size() - left;
    if (code == BROTLI_DECODER_RESULT_SUCCESS) return {consumed, StreamEnd::complete};
    if (code == BROTLI_DECODER_RESULT_ERROR) return {consumed, StreamEnd::corrupt};
    if (code == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return {consumed, StreamEnd::cut_off};
  }
  return {input.size() - left, StreamEnd::budget};
}

Decoded decode(ByteView region, std::size_t max_output) {
  if (!plausible(region)) return {};
  Output output(max_output);
  const Unpacked part = unpack(region, output);
  const bool fills = part.end == StreamEnd::complete && part.consumed == region.size();
  if (!fills && output.size() < kSurelyBrotli) return {};
  return {.bytes = output.copy(),
          .consumed = part.consumed,
          .complete = part.end == StreamEnd::complete,
          .reason = reason(part.end)};
}

}  // namespace

Decoder brotli_decoder() {
  return {.name = "brotli",
          .about = "Brotli at the begin of a layer",
          .nature = Nature::container,
          .at_begin = true,
          .decode = decode};
}

}  // namespace candor::recognise
