// SPDX-License-Identifier: Apache-2.0
//
// tar archives (POSIX ustar and pax, GNU, the old format), by libarchive. The old format has no magic, but
// every header has a checksum: it is looked for at the begin of a layer.
#include <archive.h>

#include <algorithm>

#include "recognise/archive.h"
#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kRecord = 20 * kBlock;  ///< Archives are usually filled up with zeros to so much.
constexpr std::size_t kMagicAt = 257;
constexpr std::size_t kMagicEnd = kMagicAt + 5;
constexpr std::size_t kChecksum = 148;
constexpr std::size_t kChecksumSize = 8;

/// An octal number after blanks.
std::size_t octal(ByteView field) {
  std::size_t value = 0;
  for (const std::uint8_t c : field)
    if (c >= '0' && c <= '7')
      value = 8 * value + (c - '0');
    else if (c != ' ')
      break;
  return value;
}

/// The sum of a header's bytes, with the field of the checksum itself as blanks.
std::size_t sum_of(ByteView header) {
  std::size_t sum = kChecksumSize * ' ';
  for (std::size_t at = 0; at < kBlock; ++at)
    if (at < kChecksum || at >= kChecksum + kChecksumSize) sum += header[at];
  return sum;
}

bool header_at(ByteView bytes) {
  if (bytes.size() < kBlock || bytes[0] == 0) return false;
  const std::size_t stated = octal(bytes.subspan(kChecksum, kChecksumSize));
  return stated > 0 && stated == sum_of(bytes);
}

/// Whether the header at `at` follows the member of the nearest header before it: that archive is read from
/// its first header on, and if it is damaged, not again from each later one.
bool continues(ByteView layer, std::size_t at) {
  constexpr std::size_t kSize = 124;
  constexpr std::size_t kSizeSize = 12;
  for (std::size_t before = at; before >= kBlock;) {
    before -= kBlock;
    const ByteView header = layer.subspan(before);
    if (as_text(header.subspan(kMagicAt)).substr(0, 5) != "ustar" || !header_at(header)) continue;
    const std::size_t size = octal(header.subspan(kSize, kSizeSize));
    return before + kBlock + (size + kBlock - 1) / kBlock * kBlock == at;
  }
  return false;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  if (trigger_end < kMagicEnd) return std::nullopt;
  const std::size_t at = trigger_end - kMagicEnd;
  if (!header_at(layer.subspan(at)) || continues(layer, at)) return std::nullopt;
  return at;
}

/// The zeros after the end that fill up the last record.
std::size_t padding(ByteView rest, std::size_t consumed) {
  const std::size_t most = std::min(rest.size(), (kRecord - consumed % kRecord) % kRecord);
  const auto end = rest.begin() + static_cast<std::ptrdiff_t>(most);
  return static_cast<std::size_t>(std::find_if(rest.begin(), end, [](auto c) { return c != 0; }) -
                                  rest.begin());
}

Decoded decode(ByteView region, std::size_t max_output) {
  if (!header_at(region)) return {};
  Decoded result = read_archive(region, max_output, {.enable = archive_read_support_format_tar});
  if (result.complete) result.consumed += padding(region.subspan(result.consumed), result.consumed);
  return result;
}

}  // namespace

Decoder tar_decoder() {
  return {.name = "tar",
          .about = "members of tar archives",
          .nature = Nature::container,
          .trigger = "ustar",
          .start = start,
          .at_begin = true,
          .decode = decode};
}

}  // namespace candor::recognise
