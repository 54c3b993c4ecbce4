// SPDX-License-Identifier: Apache-2.0
//
// The older formats of LZMA: .lzma ("LZMA alone", lzma-file-format.txt of XZ Utils) with the usual
// properties byte, and lzip (RFC draft-diaz-lzip). The first has no magic and no checksum: its header must
// look right, and a stream that fails early was none.
#include <string_view>

#include "base/error.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/lzma_stream.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeaderSize = 13;
constexpr std::size_t kTriggerSize = 14;
constexpr std::size_t kSurelyLzma = 256;
constexpr std::string_view kLzipMagic = "LZIP\x01";

/// Encoders write 2^n or 2^n + 2^(n-1).
bool is_dictionary_size(std::uint32_t size) {
  if (size < 4096) return false;
  const std::uint32_t lowest = size & (0U - size);
  return size == lowest || size == 3 * lowest;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - kTriggerSize;
  if (!is_dictionary_size(little32(layer, at + 1)) || little(layer, at + 5, 8) == 0) return std::nullopt;
  return at;
}

/// The first byte of the range coder, in the trigger too, is always zero.
bool begins_no_further(ByteView) { return false; }

Unpacked unpack(ByteView input, Output& output) {
  LzmaStream stream;
  if (lzma_alone_decoder(stream.get(), kMostMemory) != LZMA_OK)
    throw Error("liblzma: no memory for a stream");
  return stream.run(input, output);
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result = unpack_streams(region, max_output, begins_no_further, unpack);
  if (!result.complete && result.bytes.size() < kSurelyLzma) return {};
  return result;
}

std::optional<std::size_t> lzip_start(ByteView, std::size_t trigger_end) {
  return trigger_end - kLzipMagic.size();
}

bool lzip_begins(ByteView bytes) { return as_text(bytes).starts_with(kLzipMagic); }

Unpacked lzip_unpack(ByteView input, Output& output) {
  LzmaStream stream;
  if (lzma_lzip_decoder(stream.get(), kMostMemory, 0) != LZMA_OK)
    throw Error("liblzma: no memory for a stream");
  return stream.run(input, output);
}

Decoded lzip_decode(ByteView region, std::size_t max_output) {
  return unpack_streams(region, max_output, lzip_begins, lzip_unpack);
}

}  // namespace

Decoder lzma_decoder() {
  return {.name = "lzma",
          .about = "LZMA alone: .lzma files",
          .nature = Nature::container,
          // Of known size below 1 TiB or of unknown size.
          .trigger = "\\x5d\\x00[\\x00-\\xff]{3}([\\x00-\\xff]{5}\\x00{3}|\\xff{8})\\x00",
          .start = start,
          .decode = decode};
}

Decoder lzip_decoder() {
  return {.name = "lzip",
          .about = "lzip members, one after the other",
          .nature = Nature::container,
          .trigger = "LZIP\\x01",
          .start = lzip_start,
          .decode = lzip_decode};
}

}  // namespace candor::recognise
