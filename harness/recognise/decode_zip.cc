// SPDX-License-Identifier: Apache-2.0
//
// Members of zip archives (PKWARE APPNOTE), found by their local headers, so that an archive that is cut off,
// or has no directory, gives what it holds. Names of members stand in the layer above as they are. Other
// methods than the usual two, and encryption with a password that is customary among handlers of malware, are
// left to libarchive.
#include <archive.h>
#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "recognise/archive.h"
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/inflate.h"
#include "recognise/zip_extra.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeaderSize = 30;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::uint16_t kEncryptedFlag = 1;
constexpr std::uint16_t kDescriptorFlag = 8;
constexpr std::uint32_t kInZip64 = 0xffffffff;

struct LocalHeader {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0;
  std::uint64_t size = 0;
  std::size_t name_size = 0;
  std::size_t extra_size = 0;
  [[nodiscard]] std::size_t end() const { return kHeaderSize + name_size + extra_size; }
  [[nodiscard]] bool sizes_follow() const { return (flags & kDescriptorFlag) != 0; }
};

std::optional<LocalHeader> header_at(ByteView region) {
  if (region.size() < kHeaderSize || little32(region, 0) != 0x04034b50) return std::nullopt;
  LocalHeader header{.flags = little16(region, 6),
                     .method = little16(region, 8),
                     .crc = little32(region, 14),
                     .packed = little32(region, 18),
                     .size = little32(region, 22),
                     .name_size = little16(region, 26),
                     .extra_size = little16(region, 28)};
  if (little16(region, 4) % 256 > 100 || header.method > 99 || header.name_size > 4096) return std::nullopt;
  return header;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  if (!header_at(layer.subspan(trigger_end - 4))) return std::nullopt;
  return trigger_end - 4;
}

void read_zip64(ByteView extra, LocalHeader& header) {
  for (const ZipExtra& field : zip_extra_fields(extra)) {
    if (field.id != 1 || field.data.size() < 16) continue;
    if (header.size == kInZip64) header.size = little(field.data, 0, 8);
    if (header.packed == kInZip64) header.packed = little(field.data, 8, 8);
  }
}

/// The size of the data descriptor at `at` that says `crc`, with or without signature and zip64; 0 if none.
std::size_t descriptor_size(ByteView region, std::size_t at, std::uint32_t crc, std::uint64_t packed) {
  for (const std::size_t signature : {std::size_t{4}, std::size_t{0}})
    for (const std::size_t width : {std::size_t{4}, std::size_t{8}}) {
      const std::size_t size = signature + 4 + 2 * width;
      if (region.size() < at + size) continue;
      if (signature == 4 && little32(region, at) != 0x08074b50) continue;
      if (little32(region, at + signature) == crc && little(region, at + signature + 4, width) == packed)
        return size;
    }
  return 0;
}

std::uint32_t crc_of(ByteView bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

void check(ByteView region, const LocalHeader& header, std::size_t packed, Decoded& result) {
  const std::uint32_t crc = crc_of(result.bytes);
  const std::size_t descriptor =
      header.sizes_follow() ? descriptor_size(region, result.consumed, crc, packed) : 0;
  result.consumed += descriptor;
  result.complete = header.sizes_follow() && header.crc == 0 ? descriptor > 0 : crc == header.crc;
  if (!result.complete) result.reason = "checksum of the zip member differs, or is missing";
}

void inflate_member(ByteView region, const LocalHeader& header, std::size_t max_output, Decoded& result) {
  Inflated part = inflate(region.subspan(result.consumed), Wrapper::raw, max_output);
  result.bytes = std::move(part.bytes);
  result.consumed += part.consumed;
  result.reason = reason(part.end);
  if (part.end == InflateEnd::complete) check(region, header, part.consumed, result);
}

/// The length of a stored member whose header does not say it: up to the data descriptor that fits.
std::size_t stored_size(ByteView data) {
  const std::string_view text = as_text(data);
  for (std::size_t at = text.find("PK\x07\x08"); at != text.npos; at = text.find("PK\x07\x08", at + 1))
    if (data.size() >= at + 12 && little32(data, at + 8) == at) return at;
  return data.size();
}

void copy_member(ByteView region, const LocalHeader& header, std::size_t max_output, Decoded& result) {
  const ByteView rest = region.subspan(result.consumed);
  const std::uint64_t stated =
      header.sizes_follow() && header.packed == 0 ? stored_size(rest) : header.packed;
  const std::size_t held = static_cast<std::size_t>(std::min<std::uint64_t>(stated, rest.size()));
  const std::size_t taken = std::min(held, max_output);
  result.bytes.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(taken));
  result.consumed += taken;
  if (taken < held)
    result.reason = reason(InflateEnd::budget);
  else if (held < stated)
    result.reason = reason(InflateEnd::cut_off);
  else
    check(region, header, taken, result);
}

/// The one member at the begin of `region`.
Decoded read_by_libarchive(ByteView region, const char* password, std::size_t max_output) {
  Decoded read = read_archive(
      region, max_output,
      {.enable = archive_read_support_format_zip_streamable, .password = password, .only_first = true});
  // Without the name, which stands in the header too.
  const bool has_content = !read.members.empty() && read.members[0].name != kNamesMember;
  read.bytes.resize(has_content ? read.members[0].size : 0);
  read.members.clear();
  return read;
}

/// As much of the region as the header says is packed.
std::size_t rest_of_member(ByteView region, const LocalHeader& header, std::size_t consumed) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(header.packed, region.size() - consumed));
}

void take_over(Decoded read, Decoded& result) {
  result.bytes = std::move(read.bytes);
  result.complete = read.complete;
  if (read.complete) result.consumed = read.consumed;
}

void decrypt_member(ByteView region, const LocalHeader& header, std::size_t max_output, Decoded& result) {
  for (const char* const password : kCustomaryPasswords) {
    Decoded read = read_by_libarchive(region, password, max_output);
    if (read.complete) return take_over(std::move(read), result);
  }
  result.consumed += rest_of_member(region, header, result.consumed);
  result.reason = "encrypted zip member";
}

void read_other_method(ByteView region, const LocalHeader& header, std::size_t max_output, Decoded& result) {
  Decoded read = read_by_libarchive(region, nullptr, max_output);
  const std::string why = read.reason;
  take_over(std::move(read), result);
  if (result.complete) return;
  result.consumed += rest_of_member(region, header, result.consumed);
  result.reason = "zip compression method " + std::to_string(header.method) + ": " + why;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  std::optional<LocalHeader> header = header_at(region);
  if (!header) return result;
  result.consumed = std::min(header->end(), region.size());
  if (result.consumed < header->end()) return result;
  result.detail = printable(region.subspan(kHeaderSize, header->name_size));
  const ByteView extra = region.subspan(kHeaderSize + header->name_size, header->extra_size);
  read_zip64(extra, *header);
  result.unexplained = zip_extra_unknown(extra);
  if ((header->flags & kEncryptedFlag) != 0)
    decrypt_member(region, *header, max_output, result);
  else if (header->method == kDeflated)
    inflate_member(region, *header, max_output, result);
  else if (header->method == kStored)
    copy_member(region, *header, max_output, result);
  else
    read_other_method(region, *header, max_output, result);
  return result;
}

}  // namespace

Decoder zip_decoder() {
  return {.name = "zip",
          .about = "members of zip archives, stored or deflated; so also docx, xlsx, odt, jar",
          .nature = Nature::container,
          .trigger = "PK\\x03\\x04",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
