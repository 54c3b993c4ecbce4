// SPDX-License-Identifier: Apache-2.0
//
// RAR archives of versions 4 and 5 (technote.txt of RAR), by libarchive. libarchive neither says where an
// archive ends nor minds all checksums, so its blocks are walked for that.
#include <archive.h>
#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "recognise/archive.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

constexpr std::string_view kMagic4("Rar!\x1a\x07\0", 7);
constexpr std::string_view kMagic5("Rar!\x1a\x07\x01\0", 8);

struct Block {
  std::uint64_t size = 0;  ///< With the data that follow its header.
  bool last = false;
  std::optional<std::uint32_t> crc = {};  ///< CRC-32 of the content of a file that is not empty.
};

/// CRC-16, type, flags, header size, and perhaps the size of data that follow.
std::optional<Block> block4(ByteView bytes) {
  constexpr std::uint16_t kDataFollow = 0x8000;
  constexpr std::uint16_t kLarge = 0x100;
  if (bytes.size() < 7) return std::nullopt;
  const std::uint8_t type = bytes[2];
  const std::uint16_t flags = little16(bytes, 3);
  Block block{little16(bytes, 5), type == 0x7b};
  if (block.size < 7) return std::nullopt;
  if ((flags & kDataFollow) != 0 && bytes.size() >= 11) block.size += little32(bytes, 7);
  const bool is_file = type == 0x74 || type == 0x7a;
  if (is_file && (flags & kLarge) != 0 && bytes.size() >= 36)
    block.size += std::uint64_t{little32(bytes, 32)} << 32;
  if (type == 0x74 && bytes.size() >= 20 && little32(bytes, 11) > 0) block.crc = little32(bytes, 16);
  return block;
}

/// Seven bits a byte, least significant first.
std::optional<std::uint64_t> variable_number(ByteView bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 56 && at < bytes.size(); shift += 7) {
    const std::uint8_t byte = bytes[at++];
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

/// Of the part of a file's header that begins with its flags.
std::optional<std::uint32_t> crc5(ByteView bytes, std::size_t at) {
  const auto flags = variable_number(bytes, at);
  const auto size = variable_number(bytes, at);
  const auto attributes = variable_number(bytes, at);
  if (!flags || !size || !attributes || *size == 0 || (*flags & 4) == 0) return std::nullopt;
  if ((*flags & 2) != 0) at += 4;
  if (bytes.size() < at + 4) return std::nullopt;
  return little32(bytes, at);
}

/// CRC-32, header size, type, flags, and perhaps the sizes of extra fields and data.
std::optional<Block> block5(ByteView bytes) {
  std::size_t at = 4;
  const auto size = variable_number(bytes, at);
  const std::size_t header = at;
  const auto type = variable_number(bytes, at);
  const auto flags = variable_number(bytes, at);
  if (!size || !type || !flags) return std::nullopt;
  if ((*flags & 1) != 0 && !variable_number(bytes, at)) return std::nullopt;
  const auto data = (*flags & 2) != 0 ? variable_number(bytes, at) : 0;
  if (!data) return std::nullopt;
  return Block{header + *size + *data, *type == 5, *type == 2 ? crc5(bytes, at) : std::nullopt};
}

bool is_version5(ByteView bytes) { return as_text(bytes).starts_with(kMagic5); }

/// What walking the blocks tells.
struct Outline {
  std::size_t end = 0;
  bool ends = false;  ///< In the block that marks the end. Old programs write none.
  std::vector<std::uint32_t> crcs;
};

Outline outline_of(ByteView region) {
  const auto block_at = is_version5(region) ? block5 : block4;
  std::size_t at = is_version5(region) ? kMagic5.size() : kMagic4.size();
  Outline outline{.end = region.size()};
  while (const std::optional<Block> block = block_at(region.subspan(at))) {
    if (block->size > region.size() - at) break;
    at += static_cast<std::size_t>(block->size);
    if (block->crc) outline.crcs.push_back(*block->crc);
    if (!block->last) continue;
    outline.end = at;
    outline.ends = true;
    break;
  }
  return outline;
}

/// Whether the members, but the last, which holds the names, are those of the outline.
bool checksums_hold(const Decoded& decoded, const Outline& outline) {
  const ByteView bytes = decoded.bytes;
  return decoded.members.size() == outline.crcs.size() + 1 &&
         std::equal(outline.crcs.begin(), outline.crcs.end(), decoded.members.begin(),
                    [bytes](std::uint32_t crc, const Member& member) {
                      return crc32_z(0, bytes.data() + member.begin, member.size) == crc;
                    });
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - kMagic4.size();
  const std::string_view rest = as_text(layer.subspan(at));
  if (!rest.starts_with(kMagic4) && !rest.starts_with(kMagic5)) return std::nullopt;
  return at;
}

Decoded decode(ByteView region, std::size_t max_output) {
  if (!start(region, kMagic4.size())) return {};
  const Outline outline = outline_of(region);
  Decoded result = read_archive(
      region.first(outline.end), max_output,
      {.enable = is_version5(region) ? archive_read_support_format_rar5 : archive_read_support_format_rar});
  result.consumed = outline.end;
  if (!result.complete) return result;
  result.complete = outline.ends && checksums_hold(result, outline);
  if (!outline.ends)
    result.reason = reason(StreamEnd::cut_off);
  else if (!result.complete)
    result.reason = reason(StreamEnd::corrupt);
  return result;
}

}  // namespace

Decoder rar_decoder() {
  return {.name = "rar",
          .about = "members of RAR archives",
          .nature = Nature::container,
          .trigger = "Rar!\\x1a\\x07[\\x00\\x01]",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
