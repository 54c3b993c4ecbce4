// SPDX-License-Identifier: Apache-2.0
//
// yEnc (http://www.yenc.org/yenc-draft.1.3.txt): every byte is moved up by 42, those that would be NUL, LF,
// CR or '=' by 64 more after an '='. Found by its "=ybegin" line; the size in it or the checksum in "=yend"
// says whether it is complete.
#include <zlib.h>

#include <charconv>

#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongestLine = 4096;

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) { return trigger_end - 8; }

/// Past the line that begins at `at`; `at` if it has no end.
std::size_t next_line(std::string_view text, std::size_t at) {
  const std::size_t end = text.substr(at, kLongestLine).find('\n');
  return end == text.npos ? at : at + end + 1;
}

/// A number in a line of keywords.
std::optional<std::uint64_t> keyword(std::string_view line, std::string_view name, int base) {
  const std::size_t at = line.find(name);
  if (at == line.npos) return std::nullopt;
  const std::string_view digits = line.substr(at + name.size());
  std::uint64_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value, base).ec != std::errc())
    return std::nullopt;
  return value;
}

/// What "=yend" says of the bytes; a size must be there.
bool agrees(std::string_view line, const Bytes& bytes) {
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
  std::optional<std::uint64_t> stated = keyword(line, " pcrc32=", 16);
  if (!stated) stated = keyword(line, " crc32=", 16);
  return keyword(line, " size=", 10) == bytes.size() && (!stated || *stated == crc);
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  const std::string_view text = as_text(region);
  std::size_t at = next_line(text, 0);
  if (at == 0) return result;
  if (text.substr(at, 7) == "=ypart ") at = next_line(text, at);
  for (; at < text.size(); ++at) {
    if (result.bytes.size() == max_output) {
      result.reason = "output budget";
      break;
    }
    auto c = static_cast<std::uint8_t>(text[at]);
    if (c == '\r' || c == '\n') continue;
    if (c == '=' && text.substr(at, 6) == "=yend ") {
      const std::size_t next = next_line(text, at);
      const std::string_view line = text.substr(at, next == at ? kLongestLine : next - at);
      result.complete = agrees(line, result.bytes);
      if (!result.complete) result.reason = "size or checksum of the yEnc part differs";
      at += line.size();
      break;
    }
    if (c == '=' && at + 1 < text.size()) c = static_cast<std::uint8_t>(text[++at] - 64);
    result.bytes.push_back(static_cast<std::uint8_t>(c - 42));
  }
  result.consumed = at;
  if (!result.complete && result.reason.empty()) result.reason = "yEnc without its end";
  return result;
}

}  // namespace

Decoder yenc_decoder() {
  return {.name = "yenc",
          .about = "yEnc parts of news and mails",
          .nature = Nature::container,
          .trigger = "=ybegin ",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
