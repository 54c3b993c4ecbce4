// SPDX-License-Identifier: Apache-2.0
//
// Parameters of header fields that are cut in pieces (RFC 2231, section 3): name*0="…";
// name*1*=utf-8''%E2%82%AC. The pieces are put together, and percent escapes are undone in those that say so.
// Parameters of one piece, which RFC 5987 has as well, need only their percent escapes undone, and another
// decoder does that. The charset is not converted.
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "recognise/decoder.h"
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongestName = 40;
constexpr std::size_t kLongestPiece = 4096;
constexpr std::size_t kMostPieces = 1000;
constexpr std::size_t kLongestSeparator = 100;

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// One piece: what it says and where it ends; 0: there is none.
struct Piece {
  std::string value;
  bool escaped = false;
  std::size_t end = 0;
};

/// After "name*N".
Piece piece_at(std::string_view text) {
  text = text.substr(0, kLongestPiece);
  Piece piece;
  std::size_t at = 0;
  if (text.starts_with('*')) {
    piece.escaped = true;
    ++at;
  }
  if (at >= text.size() || text[at] != '=') return {};
  ++at;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      piece.value += text[at];
    }
    if (at == text.size()) return {};
    piece.end = at + 1;
    return piece;
  }
  while (at < text.size() && text[at] > ' ' && text[at] < 0x7f && text[at] != ';') piece.value += text[at++];
  piece.end = at;
  return piece;
}

void append_unescaped(std::string_view text, Bytes& bytes) {
  const ByteView view = as_bytes(text);
  for (std::size_t at = 0; at < view.size(); ++at) {
    const std::int64_t value = view[at] == '%' ? hex_number(view, at + 1, 2) : -1;
    if (value >= 0) at += 2;
    bytes.push_back(value >= 0 ? static_cast<std::uint8_t>(value) : view[at]);
  }
}

/// Behind "; " and line ends before the next parameter.
std::size_t skip_separator(std::string_view text, std::size_t at) {
  std::size_t next = at;
  bool separated = false;
  for (; next < text.size() && next < at + kLongestSeparator && (is_blank(text[next]) || text[next] == ';');
       ++next)
    separated = separated || text[next] == ';';
  return separated ? next : at;
}

std::string small(std::string_view text) {
  std::string letters(text);
  std::transform(letters.begin(), letters.end(), letters.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return letters;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  constexpr std::size_t kMarks = 4;  // "*0*="
  const std::size_t from = trigger_end - std::min(trigger_end, kLongestName + kMarks);
  const std::string_view before = as_text(layer).substr(from, trigger_end - from);
  const std::size_t star = before.rfind("*0");
  if (star == std::string_view::npos) return std::nullopt;
  std::size_t begin = star;
  while (begin > 0 && is_name(before[begin - 1])) --begin;
  if (begin == star) return std::nullopt;
  return from + begin;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  const std::string_view text = as_text(region);
  const std::size_t star = text.substr(0, kLongestName + 1).find('*');
  if (star == std::string_view::npos || star == 0) return result;
  const std::string name = small(text.substr(0, star));
  std::size_t at = 0;
  std::size_t number = 0;
  for (; number < kMostPieces; ++number) {
    const std::string head = name + "*" + std::to_string(number);
    if (small(text.substr(at, head.size())) != head) break;
    const Piece piece = piece_at(text.substr(std::min(text.size(), at + head.size())));
    if (piece.end == 0) break;
    if (result.bytes.size() + piece.value.size() > max_output) {
      result.reason = "output budget";
      break;
    }
    if (piece.escaped)
      append_unescaped(piece.value, result.bytes);
    else
      result.bytes.insert(result.bytes.end(), piece.value.begin(), piece.value.end());
    result.consumed = at + head.size() + piece.end;
    at = skip_separator(text, result.consumed);
  }
  result.complete = number > 0 && result.reason.empty();
  return result;
}

}  // namespace

Decoder parameter_decoder() {
  return {.name = "parameter",
          .about = "header parameters that are cut in pieces",
          .nature = Nature::container,
          .trigger = "[A-Za-z0-9_-]\\*0\\*?=",
          .start = start,
          .transparent = true,
          .decode = decode};
}

}  // namespace candor::recognise
