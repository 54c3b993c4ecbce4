// SPDX-License-Identifier: Apache-2.0
//
// Brotli, RFC 7932: no magic and no checksum. So it is only looked for at the begin of a layer; it counts if
// it fills the layer, or makes enough. Most foreign bytes are refused by the first meta-block's header.
#include <brotli/decode.h>

#include <memory>
#include <optional>

#include "base/error.h"
#include "recognise/bits.h"
#include "recognise/decoder.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

/// The built-in dictionary makes words of few bits, so random bytes may make some before they fail.
constexpr std::size_t kSurelyBrotli = 4096;

/// Skips WBITS (section 9.1); false for the reserved value, which large windows use.
bool skip_window_size(BitReader& bits) {
  if (bits.take(1) == 0) return true;
  if (bits.take(3) != 0) return true;
  return bits.take(3) != 1;
}

enum class Block { compressed, stored, empty_last, impossible };

/// Reads the header of a meta-block (section 9.2), and goes on beyond its content if that is stored. Of
/// metadata, encoders make only empty ones.
Block next_block(BitReader& bits) {
  const bool is_last = bits.take(1) == 1;
  if (is_last && bits.take(1) == 1) return bits.align() ? Block::empty_last : Block::impossible;
  const unsigned nibbles = 4 + bits.take(2);
  if (nibbles == 7) return bits.take(3) == 0 && bits.align() ? Block::stored : Block::impossible;
  const unsigned length = bits.take(4 * nibbles);
  if (nibbles > 4 && length >> (4 * nibbles - 4) == 0) return Block::impossible;
  if (is_last || bits.take(1) == 0) return Block::compressed;
  if (!bits.align()) return Block::impossible;
  bits.skip_bytes(std::size_t{length} + 1);
  return Block::stored;
}

/// How many bytes stand in stored meta-blocks before the first compressed one, if these may be meta-blocks. A
/// stored one alone is seen as it is.
std::optional<std::size_t> stored_before(ByteView input) {
  BitReader bits(input);
  if (!skip_window_size(bits)) return std::nullopt;
  for (std::size_t passed = 0; !bits.beyond_end(); passed = bits.position()) {
    const Block block = next_block(bits);
    if (block == Block::impossible) return std::nullopt;
    if (block == Block::compressed) return bits.beyond_end() ? std::nullopt : std::optional(passed);
    if (block == Block::empty_last) return passed > 0 ? std::optional(passed) : std::nullopt;
  }
  return std::nullopt;
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
    // With the input at its end, what was made before may still wait for room.
    if (code == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT &&
        BrotliDecoderHasMoreOutput(state.get()) == BROTLI_FALSE)
      return {consumed, StreamEnd::cut_off};
  }
  return {input.size() - left, StreamEnd::budget};
}

Decoded decode(ByteView region, std::size_t max_output) {
  const std::optional<std::size_t> stored = stored_before(region);
  if (!stored) return {};
  Output output(max_output);
  const Unpacked part = unpack(region, output);
  const bool fills = part.end == StreamEnd::complete && part.consumed == region.size();
  if (!fills && output.size() < *stored + kSurelyBrotli) return {};
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
