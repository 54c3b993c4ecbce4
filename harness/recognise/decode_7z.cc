// SPDX-License-Identifier: Apache-2.0
//
// 7z archives (7zFormat.txt of the LZMA SDK), by libarchive. What is told of the members stands at the end,
// so one that is cut off gives only what its first packed stream holds, if that is LZMA.
#include <archive.h>
#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "recognise/archive.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/lzma_stream.h"
#include "recognise/seven_zip.h"

namespace candor::recognise {

namespace {

constexpr std::string_view kMagic = "7z\xbc\xaf\x27\x1c";
constexpr std::size_t kStartHeader = 32;

/// The archive's size, if the start header is one.
std::optional<std::uint64_t> size_of(ByteView bytes) {
  if (bytes.size() < kStartHeader || !as_text(bytes).starts_with(kMagic)) return std::nullopt;
  if (crc32_z(0, bytes.data() + 12, 20) != little32(bytes, 8)) return std::nullopt;
  const std::uint64_t offset = little(bytes, 12, 8);
  const std::uint64_t size = little(bytes, 20, 8);
  if (offset >> 62 != 0 || size >> 62 != 0) return std::nullopt;
  return kStartHeader + offset + size;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - kMagic.size();
  if (!size_of(layer.subspan(at))) return std::nullopt;
  return at;
}

void unpack_raw(ByteView input, lzma_vli filter, Output& output) {
  lzma_options_lzma options{};
  lzma_lzma_preset(&options, 9);  // The usual lc, lp and pb.
  options.dict_size = static_cast<std::uint32_t>(std::clamp<std::size_t>(output.max(), 1U << 16, 1U << 30));
  const lzma_filter filters[] = {{filter, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  LzmaStream stream;
  if (lzma_raw_decoder(stream.get(), filters) == LZMA_OK) static_cast<void>(stream.run(input, output));
}

/// Of an archive without its end: what LZMA, which begins with a zero, or LZMA2, which does not, makes of the
/// first packed stream.
Decoded salvage(ByteView region, std::size_t max_output) {
  const ByteView packed = region.subspan(kStartHeader);
  Output output(max_output);
  if (!packed.empty()) unpack_raw(packed, packed[0] == 0 ? LZMA_FILTER_LZMA1 : LZMA_FILTER_LZMA2, output);
  return {.bytes = output.copy(), .consumed = region.size(), .reason = reason(StreamEnd::cut_off)};
}

Decoded decode(ByteView region, std::size_t max_output) {
  const std::optional<std::uint64_t> size = size_of(region);
  if (!size) return {};
  if (*size > region.size()) return salvage(region, max_output);
  const ByteView archive = region.first(static_cast<std::size_t>(*size));
  Decoded result;
  if (has_7z_header(archive))
    result = read_archive(archive, max_output, {.enable = archive_read_support_format_7zip});
  else
    result.reason = "7z archive with a header that is not understood";
  if (!result.complete)
    if (Decoded unlocked = read_encrypted_7z(archive, max_output);
        unlocked.complete || !unlocked.reason.empty())
      result = std::move(unlocked);
  result.consumed = static_cast<std::size_t>(*size);
  return result;
}

}  // namespace

Decoder seven_zip_decoder() {
  return {.name = "7z",
          .about = "members of 7z archives",
          .nature = Nature::container,
          .trigger = "7z\\xbc\\xaf\\x27\\x1c",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
