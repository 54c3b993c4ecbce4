// SPDX-License-Identifier: Apache-2.0
//
// Cabinets ([MS-CAB]): stored, MSZIP or LZX, by libarchive.
#include <archive.h>

#include <algorithm>

#include "recognise/archive.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeader = 36;
constexpr std::size_t kMagic = 4;

bool header_at(ByteView bytes) {
  if (bytes.size() < kHeader || !as_text(bytes).starts_with("MSCF")) return false;
  const std::uint32_t size = little32(bytes, 8);
  return little32(bytes, 4) == 0 && size > kHeader && little32(bytes, 16) < size && bytes[25] == 1 &&
         little16(bytes, 26) > 0;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  if (!header_at(layer.subspan(trigger_end - kMagic))) return std::nullopt;
  return trigger_end - kMagic;
}

Decoded decode(ByteView region, std::size_t max_output) {
  if (!header_at(region)) return {};
  const std::size_t size = std::min<std::size_t>(little32(region, 8), region.size());
  Decoded result = read_archive(region.first(size), max_output, {.enable = archive_read_support_format_cab});
  result.consumed = size;
  return result;
}

}  // namespace

Decoder cab_decoder() {
  return {.name = "cab",
          .about = "members of Microsoft cabinets",
          .nature = Nature::container,
          .trigger = "MSCF",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
