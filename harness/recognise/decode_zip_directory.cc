// SPDX-License-Identifier: Apache-2.0
//
// The directory at the end of a zip archive, so that its bytes count as understood. It gives the names and
// comments it holds; fields that could carry anything count as unexplained.
#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/zip_extra.h"

namespace candor::recognise {

namespace {

constexpr std::uint32_t kEntry = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  if (layer.size() - (trigger_end - 4) < 20) return std::nullopt;
  return trigger_end - 4;
}

/// A record: its fixed part, then name, extra fields and comment.
struct Record {
  std::size_t fixed = 0;
  std::size_t name = 0;
  std::size_t extra = 0;
  std::size_t comment = 0;
  [[nodiscard]] std::size_t size() const { return fixed + name + extra + comment; }
};

std::optional<Record> record_at(ByteView bytes) {
  if (bytes.size() < 20) return std::nullopt;
  const std::uint32_t signature = little32(bytes, 0);
  if (signature == kZip64Locator) return Record{.fixed = 20};
  if (signature == kEnd && bytes.size() >= 22) return Record{.fixed = 22, .comment = little16(bytes, 20)};
  if (signature == kEntry && bytes.size() >= 46)
    return Record{.fixed = 46,
                  .name = little16(bytes, 28),
                  .extra = little16(bytes, 30),
                  .comment = little16(bytes, 32)};
  return std::nullopt;
}

void append_line(Bytes& bytes, ByteView text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
  bytes.push_back('\n');
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  while (const std::optional<Record> record = record_at(region.subspan(result.consumed))) {
    const ByteView bytes = region.subspan(result.consumed);
    if (bytes.size() < record->size()) {
      result.reason = "cut off";
      return result;
    }
    if (result.bytes.size() + record->size() > max_output) {
      result.reason = "output budget";
      return result;
    }
    if (record->name > 0) append_line(result.bytes, bytes.subspan(record->fixed, record->name));
    if (record->comment > 0)
      append_line(result.bytes, bytes.subspan(record->size() - record->comment, record->comment));
    result.unexplained += zip_extra_unknown(bytes.subspan(record->fixed + record->name, record->extra));
    result.consumed += record->size();
  }
  result.complete = result.consumed > 0;
  return result;
}

}  // namespace

Decoder zip_directory_decoder() {
  return {.name = "zip-directory",
          .about = "names and comments in the directory of a zip archive",
          .nature = Nature::container,
          .trigger = "PK(\\x01\\x02|\\x05\\x06|\\x06\\x07)",
          .start = start,
          .transparent = true,
          .decode = decode};
}

}  // namespace candor::recognise
