// SPDX-License-Identifier: Apache-2.0
//
// JPEG images (ITU-T T.81): what their segments say beside the picture. Exif, XMP (also where it is cut over
// several segments), colour profiles and comments are members; bytes behind the end stand in the layer as
// they are. The picture itself is not decoded: its entropy-coded bytes stay unexplained.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "recognise/decoder.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

enum Marker : std::uint8_t {
  kRestart0 = 0xd0,
  kRestart7 = 0xd7,
  kStart = 0xd8,
  kEnd = 0xd9,
  kScan = 0xda,
  kApp0 = 0xe0,
  kApp15 = 0xef,
  kComment = 0xfe
};

constexpr std::string_view kExif = {"Exif\0\0", 6};
constexpr std::string_view kXmp = {"http://ns.adobe.com/xap/1.0/\0", 29};
constexpr std::string_view kMoreXmp = {"http://ns.adobe.com/xmp/extension/\0", 35};
constexpr std::size_t kMoreXmpHead = 35 + 32 + 4 + 4;  // With digest, whole size and offset.
constexpr std::string_view kProfile = {"ICC_PROFILE\0", 12};
constexpr std::size_t kProfileHead = 12 + 2;  // With number and count.

std::size_t big16(ByteView bytes, std::size_t at) {
  return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// The member a segment belongs to, and what of the segment is its content.
std::pair<std::string, ByteView> told(std::uint8_t marker, ByteView data) {
  const std::string_view text = as_text(data);
  if (marker == kComment) return {"comments", data};
  if (text.starts_with(kExif)) return {"exif", data.subspan(kExif.size())};
  if (text.starts_with(kXmp)) return {"xmp", data.subspan(kXmp.size())};
  if (text.starts_with(kMoreXmp)) return {"extended xmp", data.subspan(std::min(data.size(), kMoreXmpHead))};
  if (text.starts_with(kProfile))
    return {"colour profile", data.subspan(std::min(data.size(), kProfileHead))};
  return {"application " + std::to_string(marker - kApp0), data};
}

/// The end of the entropy-coded bytes that begin at `at`: the next marker that is none of theirs.
std::size_t end_of_scan(ByteView region, std::size_t at) {
  for (; at + 1 < region.size(); ++at) {
    if (region[at] != 0xff) continue;
    const std::uint8_t next = region[at + 1];
    if (next != 0 && next != 0xff && (next < kRestart0 || next > kRestart7)) return at;
  }
  return region.size();
}

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) { return trigger_end - 4; }

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  if (region.size() < 4 || region[0] != 0xff || region[1] != kStart) return result;
  std::map<std::string, Bytes> members;
  std::size_t room = max_output;
  std::size_t at = 2;
  std::size_t segments = 0;
  while (at + 2 <= region.size() && region[at] == 0xff && region[at + 1] != kEnd) {
    const std::uint8_t marker = region[at + 1];
    if (marker == 0xff) {  // Fill.
      ++at;
      continue;
    }
    if (at + 4 > region.size() || big16(region, at + 2) < 2 || marker < 0xc0) break;
    const std::size_t size = std::min(big16(region, at + 2), region.size() - at - 2);
    const ByteView data = region.subspan(at + 4, size - 2);
    if (marker == kComment || (marker >= kApp0 && marker <= kApp15)) {
      const auto [name, content] = told(marker, data);
      const std::size_t taken = std::min(room, content.size());
      if (taken < content.size()) result.reason = reason(StreamEnd::budget);
      members[name].insert(members[name].end(), content.begin(),
                           content.begin() + static_cast<std::ptrdiff_t>(taken));
      room -= taken;
    }
    at += 2 + size;
    ++segments;
    if (marker != kScan) continue;
    const std::size_t end = end_of_scan(region, at);
    result.unexplained += end - at;
    at = end;
  }
  // The first bytes stand by chance in much that is no JPEG; then nothing that looks like a segment follows.
  if (segments < 2) return {};
  result.complete =
      at + 2 <= region.size() && region[at] == 0xff && region[at + 1] == kEnd && result.reason.empty();
  if (!result.complete && result.reason.empty()) result.reason = "JPEG image without its end, or damaged";
  result.consumed = std::min(region.size(), result.complete ? at + 2 : at);
  for (const auto& [name, content] : members) {
    if (content.empty()) continue;
    result.members.push_back({name, result.bytes.size(), content.size()});
    result.bytes.insert(result.bytes.end(), content.begin(), content.end());
  }
  return result;
}

}  // namespace

Decoder jpeg_decoder() {
  return {.name = "jpeg",
          .about = "Exif, XMP, profiles and comments of JPEG images",
          .nature = Nature::container,
          .trigger = "\\xff\\xd8\\xff[\\xc0-\\xfe]",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
