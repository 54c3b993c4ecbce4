// SPDX-License-Identifier: Apache-2.0
//
// Chunked bodies of HTTP/1.1 messages (RFC 9112, section 7.1), found by their header field. Start lines,
// header fields and bodies of a stated length stand in the layer as they are and need no decoding.
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeaderLimit = 65536;
constexpr std::size_t kSizeLineLimit = 4096;

bool names_chunked(std::string_view value) {
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("chunked") != lower.npos;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::string_view head = as_text(layer).substr(trigger_end, kHeaderLimit);
  const std::size_t line_end = head.find('\n');
  if (line_end == head.npos || !names_chunked(head.substr(0, line_end))) return std::nullopt;
  // The field may be the last one: its own line end is then the first half of the blank line.
  const std::size_t crlf = head.find("\r\n\r\n", line_end - (line_end > 0 ? 1 : 0));
  const std::size_t lf = head.find("\n\n", line_end);
  if (crlf == head.npos && lf == head.npos) return std::nullopt;
  const std::size_t body = crlf < lf ? crlf + 4 : lf + 2;
  if (trigger_end + body >= layer.size()) return std::nullopt;
  return trigger_end + body;
}

struct SizeLine {
  std::size_t size = 0;
  std::size_t end = 0;  ///< After its line feed.
};

std::optional<SizeLine> size_line_at(std::string_view text) {
  const std::size_t line_end = text.substr(0, kSizeLineLimit).find('\n');
  if (line_end == text.npos) return std::nullopt;
  SizeLine line{.end = line_end + 1};
  std::size_t digits = 0;
  for (; digits < 15 && std::isxdigit(static_cast<unsigned char>(text[digits])) != 0; ++digits) {
    const char c = text[digits];
    line.size = line.size * 16 + static_cast<std::size_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  if (digits == 0) return std::nullopt;
  return line;
}

/// Skips the trailer fields and the blank line that ends the message; false if they are cut off.
bool skip_trailer(std::string_view text, std::size_t& at) {
  const std::size_t limit = std::min(text.size(), at + kHeaderLimit);
  while (at < limit) {
    const std::size_t line_end = text.find('\n', at);
    if (line_end == text.npos || line_end >= limit) return false;
    const std::string_view line = text.substr(at, line_end - at);
    at = line_end + 1;
    if (line.empty() || line == "\r") return true;
  }
  return false;
}

Decoded decode(ByteView region, std::size_t max_output) {
  const std::string_view text = as_text(region);
  Decoded result;
  while (const std::optional<SizeLine> line = size_line_at(text.substr(result.consumed))) {
    std::size_t at = result.consumed + line->end;
    if (line->size == 0) {
      result.complete = skip_trailer(text, at);
      result.consumed = at;
      break;
    }
    const std::size_t held = std::min(line->size, region.size() - at);
    const std::size_t taken = std::min(held, max_output - result.bytes.size());
    result.bytes.insert(result.bytes.end(), region.begin() + static_cast<std::ptrdiff_t>(at),
                        region.begin() + static_cast<std::ptrdiff_t>(at + taken));
    result.consumed = at + taken;
    if (taken < held) {
      result.reason = "output budget";
      return result;
    }
    if (held < line->size) break;
    if (text.substr(result.consumed, 2) == "\r\n")
      result.consumed += 2;
    else if (text.substr(result.consumed, 1) == "\n")
      result.consumed += 1;
    else
      break;
  }
  if (!result.complete && !result.bytes.empty()) result.reason = "chunked body without its end";
  return result;
}

}  // namespace

Decoder chunked_decoder() {
  return {.name = "http-chunked",
          .about = "chunked bodies of HTTP/1.1 messages",
          .nature = Nature::container,
          .trigger = "(?i)transfer-encoding:",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
