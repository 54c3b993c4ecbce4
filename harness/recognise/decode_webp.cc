// SPDX-License-Identifier: Apache-2.0
//
// WebP images (RFC 9649): Exif, XMP, colour profiles and chunks that are not known. The picture is not
// decoded: its bytes stay unexplained.
#include <algorithm>
#include <string>
#include <string_view>

#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeader = 12;  // "RIFF", size, "WEBP".
constexpr std::size_t kMostMembers = 1000;

bool is_picture(std::string_view kind) {
  return kind == "VP8 " || kind == "VP8L" || kind == "ALPH" || kind == "ANMF";
}
bool is_known(std::string_view kind) { return kind == "VP8X" || kind == "ANIM"; }

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) { return trigger_end - kHeader; }

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  if (region.size() < kHeader || !as_text(region).starts_with("RIFF") ||
      as_text(region).substr(8, 4) != "WEBP")
    return result;
  const std::uint64_t stated = std::uint64_t{little32(region, 4)} + 8;
  const std::size_t end = static_cast<std::size_t>(std::min<std::uint64_t>(region.size(), stated));
  Output output(max_output);
  std::size_t at = kHeader;
  while (at + 8 <= end) {
    const std::string_view kind = as_text(region).substr(at, 4);
    const std::size_t size = little32(region, at + 4);
    const ByteView data = region.subspan(at + 8, std::min(size, end - at - 8));
    if (is_picture(kind)) {
      result.unexplained += data.size();
    } else if (!is_known(kind) && !data.empty()) {
      const std::size_t begin = output.size();
      if (!output.append(data)) result.reason = reason(StreamEnd::budget);
      if (result.members.size() >= kMostMembers) result.reason = "too many chunks";
      if (output.size() > begin && result.members.size() < kMostMembers)
        result.members.push_back(
            {std::to_string(result.members.size() + 1) + " " + printable(std::string(kind)), begin,
             output.size() - begin});
    }
    at += 8 + data.size();
    if (data.size() < size) break;
    at += size & 1;
  }
  result.consumed = std::min(at, end);
  result.complete = stated <= region.size() && at >= end && result.reason.empty();
  result.consumed = result.complete ? end : result.consumed;
  if (!result.complete && result.reason.empty()) result.reason = "WebP image without its end, or damaged";
  result.bytes = output.copy();
  return result;
}

}  // namespace

Decoder webp_decoder() {
  return {.name = "webp",
          .about = "Exif, XMP, profiles and unknown chunks of WebP images",
          .nature = Nature::container,
          .trigger = "RIFF[\\x00-\\xff]{4}WEBP",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
