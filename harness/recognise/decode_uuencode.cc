// SPDX-License-Identifier: Apache-2.0
//
// uuencode (POSIX.1-2017, uuencode): lines that begin with a letter for their length, with blanks or grave
// accents for zero. Found by its "begin" line, or by a row of full lines without one.
#include <algorithm>
#include <cctype>

#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongestName = 1024;

bool is_letter(std::uint8_t c) { return c >= ' ' && c <= '`'; }
std::uint32_t value_of(std::uint8_t c) { return (c - 0x20U) & 0x3fU; }

struct Line {
  std::string_view text;  ///< Without its end.
  std::size_t next = 0;
};

Line line_at(std::string_view text, std::size_t at) {
  const std::size_t end = std::min(text.find('\n', at), text.size());
  std::string_view line = text.substr(at, end - at);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return {line, std::min(end + 1, text.size())};
}

/// Blanks at the end of a line may have been cut off; one letter more may be a checksum.
bool is_data(std::string_view line) {
  if (line.empty() ||
      !std::all_of(line.begin(), line.end(), [](char c) { return is_letter(static_cast<std::uint8_t>(c)); }))
    return false;
  const std::size_t size = value_of(static_cast<std::uint8_t>(line[0]));
  const std::size_t letters = (size + 2) / 3 * 4;
  return size > 0 && line.size() <= letters + 2 && line.size() + 4 >= letters + 1;
}

void append(std::string_view line, Bytes& bytes) {
  const std::size_t size = value_of(static_cast<std::uint8_t>(line[0]));
  const auto letter = [line](std::size_t i) {
    return 1 + i < line.size() ? value_of(static_cast<std::uint8_t>(line[1 + i])) : 0U;
  };
  for (std::size_t made = 0, at = 0; made < size; at += 4) {
    const std::uint32_t group =
        letter(at) << 18 | letter(at + 1) << 12 | letter(at + 2) << 6 | letter(at + 3);
    for (int shift = 16; shift >= 0 && made < size; shift -= 8, ++made)
      bytes.push_back(static_cast<std::uint8_t>(group >> shift));
  }
}

/// "begin 644 name", or nothing if the data begins at once.
std::size_t after_begin_line(std::string_view text) {
  if (text.substr(0, 6) != "begin ") return 0;
  return line_at(text.substr(0, kLongestName), 0).next;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::string_view text = as_text(layer);
  const std::size_t line = text.substr(0, trigger_end - 1).rfind('\n');
  const std::size_t begin = line == text.npos ? 0 : line + 1;
  const std::string_view from_begin = text.substr(begin);
  if (from_begin.substr(0, 6) == "begin ") {
    const Line first = line_at(from_begin, after_begin_line(from_begin));
    return is_data(first.text) ? std::optional(begin) : std::nullopt;
  }
  const std::size_t from = trigger_end - 64;  // A whole line of 61 letters, its end and the next one's begin.
  const std::size_t at = text.find('M', from);
  return at < trigger_end && is_data(line_at(text, at).text) ? std::optional(at) : std::nullopt;
}

Decoded decode(ByteView region, std::size_t max_output) {
  constexpr std::size_t kMostOfALine = 63;
  Decoded result;
  const std::string_view text = as_text(region);
  result.consumed = after_begin_line(text);
  const bool has_begin = result.consumed > 0;
  bool has_short_line = false;
  while (result.consumed < text.size()) {
    const Line line = line_at(text, result.consumed);
    if (!is_data(line.text) || has_short_line) break;
    if (result.bytes.size() + kMostOfALine > max_output) {
      result.reason = "output budget";
      return result;
    }
    has_short_line = !has_begin && line.text[0] != 'M';
    append(line.text, result.bytes);
    result.consumed = line.next;
  }
  const Line zero = line_at(text, result.consumed);
  if (zero.text == "`" || zero.text == " " || (has_begin && zero.text.empty())) result.consumed = zero.next;
  const Line end = line_at(text, result.consumed);
  if (has_begin && end.text == "end") result.consumed += 3;
  result.complete = !result.bytes.empty();
  return result;
}

}  // namespace

Decoder uuencode_decoder() {
  return {.name = "uuencode",
          .about = "uuencoded lines, with or without their begin and end",
          .nature = Nature::container,
          .trigger = "begin [0-7]{3,4} [^\\r\\n]|M[ -`]{60}\\r?\\nM",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
