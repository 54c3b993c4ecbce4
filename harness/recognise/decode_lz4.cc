// SPDX-License-Identifier: Apache-2.0
//
// LZ4 frames (lz4_Frame_format.md), by liblz4, and its legacy format. A frame that liblz4 does not bring to
// an end is gone through again block by block, so that it gives all it holds before the damage.
#include <lz4frame.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/lz4_block.h"

namespace candor::recognise {

namespace {

constexpr std::uint32_t kMagic = 0x184d2204;
constexpr std::uint32_t kLegacyMagic = 0x184c2102;
constexpr std::size_t kMagicSize = 4;
constexpr std::size_t kShortestFrame = 7;
constexpr std::size_t kLegacyBlock = 8U << 20;
/// More than any packed block of 8 MiB (LZ4_COMPRESSBOUND).
constexpr std::size_t kLegacyPacked = kLegacyBlock + kLegacyBlock / 255 + 16;

/// What the descriptor says (version 01, reserved bits zero).
struct Descriptor {
  std::uint8_t flags = 0;
  std::size_t most = 0;  ///< Bytes a block holds.
  [[nodiscard]] bool blocks_are_linked() const { return (flags & 0x20) == 0; }
  [[nodiscard]] std::size_t block_checksum() const { return (flags & 0x10) != 0 ? 4 : 0; }
  [[nodiscard]] std::size_t size() const {
    return kShortestFrame + ((flags & 0x08) != 0 ? 8 : 0) + ((flags & 0x01) != 0 ? 4 : 0);
  }
};

std::optional<Descriptor> descriptor_of(ByteView frame) {
  if (frame.size() < kShortestFrame || little32(frame, 0) != kMagic) return std::nullopt;
  const std::uint8_t flags = frame[4];
  const std::uint8_t size = frame[5];
  if ((flags & 0xc2) != 0x40 || (size & 0x8f) != 0 || size < 0x40) return std::nullopt;
  return Descriptor{flags, std::size_t{1} << (8 + 2 * (size >> 4))};
}

bool begins(ByteView bytes) { return descriptor_of(bytes).has_value(); }

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - kMagicSize;
  if (!begins(layer.subspan(at))) return std::nullopt;
  return at;
}

struct Free {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

Unpacked unpack_whole(ByteView input, Output& output) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)) != 0)
    throw Error("liblz4: no memory for a frame");
  const std::unique_ptr<LZ4F_dctx, Free> context(raw);
  std::size_t consumed = 0;
  while (!output.full()) {
    const std::span<std::uint8_t> room = output.room();
    std::size_t made = room.size();
    std::size_t taken = input.size() - consumed;
    const std::size_t code =
        LZ4F_decompress(context.get(), room.data(), &made, input.data() + consumed, &taken, nullptr);
    if (LZ4F_isError(code) != 0) return {consumed, StreamEnd::corrupt};
    output.advance(made);
    consumed += taken;
    if (code == 0) return {consumed, StreamEnd::complete};
    if (made < room.size() && consumed == input.size()) return {consumed, StreamEnd::cut_off};
  }
  return {consumed, StreamEnd::budget};
}

/// Goes through the blocks of a damaged frame.
Unpacked unpack_rest(ByteView frame, const Descriptor& descriptor, Output& output) {
  constexpr std::uint32_t kNotPacked = 0x80000000;
  std::size_t at = std::min(descriptor.size(), frame.size());
  const std::size_t floor = output.size();
  while (frame.size() - at >= 4) {
    const std::uint32_t header = little32(frame, at);
    const std::size_t size = header & ~kNotPacked;
    if (size > descriptor.most) return {at, StreamEnd::corrupt};
    at += 4;
    if (size == 0) return {at, StreamEnd::corrupt};
    const ByteView block = frame.subspan(at, std::min(size, frame.size() - at));
    Unpacked part = {block.size(), StreamEnd::complete};
    if ((header & kNotPacked) == 0)
      part = unpack_lz4_block(block, descriptor.blocks_are_linked() ? floor : output.size(), output);
    else if (!output.append(block))
      part.end = StreamEnd::budget;
    at += part.consumed;
    if (block.size() < size) part.end = StreamEnd::cut_off;
    if (part.end != StreamEnd::complete) return {at, part.end};
    at += std::min(descriptor.block_checksum(), frame.size() - at);
  }
  return {frame.size(), StreamEnd::cut_off};
}

Unpacked unpack(ByteView input, Output& output) {
  const std::optional<Descriptor> descriptor = descriptor_of(input);
  if (!descriptor) return {0, StreamEnd::corrupt};
  const std::size_t before = output.size();
  const Unpacked whole = unpack_whole(input, output);
  if (whole.end == StreamEnd::complete || whole.end == StreamEnd::budget) return whole;
  output.drop_beyond(before);
  Unpacked rest = unpack_rest(input, *descriptor, output);
  if (whole.end == StreamEnd::corrupt && rest.end == StreamEnd::cut_off) rest.end = StreamEnd::corrupt;
  return rest;
}

Decoded decode(ByteView region, std::size_t max_output) {
  return unless_foreign(unpack_streams(region, max_output, begins, unpack));
}

bool legacy_begins(ByteView bytes) {
  return bytes.size() > 2 * kMagicSize && little32(bytes, 0) == kLegacyMagic && little32(bytes, 4) > 0 &&
         little32(bytes, 4) <= kLegacyPacked;
}

std::optional<std::size_t> legacy_start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - kMagicSize;
  if (!legacy_begins(layer.subspan(at))) return std::nullopt;
  return at;
}

/// Blocks hold 8 MiB each, but the last; nothing marks the end.
Unpacked legacy_unpack(ByteView input, Output& output) {
  if (!legacy_begins(input)) return {0, StreamEnd::corrupt};
  std::size_t at = kMagicSize;
  while (input.size() - at > 4) {
    const std::size_t size = little32(input, at);
    if (size == 0 || size > kLegacyPacked) break;
    const ByteView block = input.subspan(at + 4, std::min(size, input.size() - at - 4));
    const std::size_t before = output.size();
    Unpacked part = unpack_lz4_block(block, before, output);
    at += 4 + part.consumed;
    if (block.size() < size && part.end == StreamEnd::complete) part.end = StreamEnd::cut_off;
    if (part.end != StreamEnd::complete) return {at, part.end};
    if (output.size() - before < kLegacyBlock) break;
  }
  return {at, StreamEnd::complete};
}

Decoded legacy_decode(ByteView region, std::size_t max_output) {
  return unless_foreign(unpack_streams(region, max_output, legacy_begins, legacy_unpack));
}

}  // namespace

Decoder lz4_decoder() {
  return {.name = "lz4",
          .about = "LZ4 frames, one after the other",
          .nature = Nature::container,
          .trigger = "\\x04\\x22\\x4d\\x18",
          .start = start,
          .decode = decode};
}

Decoder lz4_legacy_decoder() {
  return {.name = "lz4-legacy",
          .about = "LZ4 in the format of lz4 -l and of Linux kernels",
          .nature = Nature::container,
          .trigger = "\\x02\\x21\\x4c\\x18",
          .start = legacy_start,
          .decode = legacy_decode};
}

}  // namespace candor::recognise
