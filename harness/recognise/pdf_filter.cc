// SPDX-License-Identifier: Apache-2.0
#include "recognise/pdf_filter.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "recognise/inflate.h"
#include "recognise/pdf_lexer.h"

namespace candor::recognise {

namespace {

using Kind = PdfToken::Kind;

constexpr std::size_t kMostFilters = 8;
constexpr long kMostColumns = 1 << 20;

/// The names in a value that is a name or an array of them.
std::vector<std::string> names_in(std::string_view value) {
  std::vector<std::string> names;
  PdfLexer lexer(value);
  for (PdfToken token = lexer.next(); token.kind != Kind::end && names.size() < kMostFilters;
       token = lexer.next())
    if (token.kind == Kind::name) names.push_back(token.value);
  return names;
}

std::string_view either(std::string_view dictionary, std::string_view key, std::string_view short_key) {
  const std::string_view value = pdf_entry(dictionary, key);
  return value.empty() ? pdf_entry(dictionary, short_key) : value;
}

std::vector<std::string> filters_of(std::string_view dictionary) {
  return names_in(either(dictionary, "Filter", "F"));
}

/// The parameters of the filter at `index`: a dictionary, or an array of dictionaries and nulls.
std::string_view parameters_of(std::string_view dictionary, std::size_t index) {
  const std::string_view value = either(dictionary, "DecodeParms", "DP");
  if (!value.starts_with('[')) return index == 0 ? value : std::string_view{};
  PdfLexer lexer(value);
  lexer.next();
  for (std::size_t at = 0;; ++at) {
    const PdfToken first = lexer.next();
    if (first.kind == Kind::end || first.kind == Kind::close) return {};
    for (int depth = first.kind == Kind::open ? 1 : 0; depth > 0;) {
      const PdfToken token = lexer.next();
      if (token.kind == Kind::end) return {};
      depth += token.kind == Kind::open ? 1 : token.kind == Kind::close ? -1 : 0;
    }
    if (at == index) return value.substr(first.begin, lexer.at() - first.begin);
  }
}

long number_of(std::string_view dictionary, std::string_view key, long otherwise) {
  const std::string_view value = pdf_entry(dictionary, key);
  return value.empty() ? otherwise : std::strtol(std::string(value).c_str(), nullptr, 10);
}

void ascii_hex(ByteView in, Output& out) {
  const std::string_view text = as_text(in);
  const std::string string = "<" + std::string(text.substr(0, text.find('>'))) + ">";
  out.append(as_bytes(PdfLexer(string).next().value));
}

void ascii85(ByteView in, Output& out) {
  std::uint64_t value = 0;
  std::size_t count = 0;
  const auto flush = [&](std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
      const auto byte = static_cast<std::uint8_t>(value >> (24 - 8 * i));
      if (!out.append({&byte, 1})) return;
    }
    value = 0;
    count = 0;
  };
  for (const std::uint8_t c : in) {
    if (c == '~') break;
    if (c == 'z' && count == 0) {
      flush(4);
    } else if (c >= '!' && c <= 'u') {
      value = 85 * value + (c - '!');
      if (++count == 5) flush(4);
    }
  }
  if (count < 2) return;
  const std::size_t bytes = count - 1;
  for (; count < 5; ++count) value = 85 * value + 84;
  flush(bytes);
}

void run_length(ByteView in, Output& out) {
  constexpr std::uint8_t kEnd = 128;
  for (std::size_t at = 0; at < in.size() && in[at] != kEnd;) {
    const std::uint8_t length = in[at++];
    if (length < kEnd) {
      const std::size_t held = std::min<std::size_t>(length + 1U, in.size() - at);
      if (!out.append(in.subspan(at, held))) return;
      at += held;
    } else if (at < in.size()) {
      if (!out.append(Bytes(257U - length, in[at++]))) return;
    }
  }
}

/// Codes of 9 to 12 bits, most significant bit first; 256 clears the table, 257 ends.
void lzw(ByteView in, std::size_t early, Output& out) {
  constexpr std::size_t kClear = 256;
  constexpr std::size_t kEnd = 257;
  constexpr std::size_t kMost = 4096;
  std::vector<Bytes> table;
  const auto clear = [&table] {
    table.resize(kEnd + 1);
    for (std::size_t i = 0; i < kClear; ++i) table[i] = {static_cast<std::uint8_t>(i)};
  };
  clear();
  Bytes previous;
  std::uint32_t bits = 0;
  unsigned held = 0;
  unsigned width = 9;
  for (std::size_t at = 0;;) {
    for (; held < width; held += 8) {
      if (at == in.size()) return;
      bits = bits << 8 | in[at++];
    }
    const std::size_t code = bits >> (held - width) & ((1U << width) - 1);
    held -= width;
    if (code == kEnd) return;
    if (code == kClear) {
      clear();
      previous.clear();
      width = 9;
      continue;
    }
    if (code > table.size() || (code == table.size() && previous.empty())) return;
    Bytes entry = code < table.size() ? table[code] : previous;
    if (code == table.size()) entry.push_back(previous[0]);
    if (!out.append(entry)) return;
    if (!previous.empty() && table.size() < kMost) {
      previous.push_back(entry[0]);
      table.push_back(std::move(previous));
    }
    previous = std::move(entry);
    width = 9;
    while (width < 12 && table.size() + 1 + early > 1U << width) ++width;
  }
}

std::uint8_t paeth(int left, int up, int corner) {
  const int guess = left + up - corner;
  const int to_left = std::abs(guess - left);
  const int to_up = std::abs(guess - up);
  const int to_corner = std::abs(guess - corner);
  if (to_left <= to_up && to_left <= to_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(to_up <= to_corner ? up : corner);
}

/// PNG's predictors, of which each row names its own; whole rows only.
Bytes undo_png(const Bytes& in, std::size_t row, std::size_t pixel) {
  Bytes out;
  Bytes above(row, 0);
  for (std::size_t at = 0; at + 1 < in.size(); at += row + 1) {
    Bytes line(in.begin() + static_cast<std::ptrdiff_t>(at + 1),
               in.begin() + static_cast<std::ptrdiff_t>(std::min(at + 1 + row, in.size())));
    for (std::size_t i = 0; i < line.size(); ++i) {
      const int left = i < pixel ? 0 : line[i - pixel];
      const int corner = i < pixel ? 0 : above[i - pixel];
      const int add = in[at] == 1   ? left
                      : in[at] == 2 ? above[i]
                      : in[at] == 3 ? (left + above[i]) / 2
                      : in[at] == 4 ? paeth(left, above[i], corner)
                                    : 0;
      line[i] = static_cast<std::uint8_t>(line[i] + add);
    }
    out.insert(out.end(), line.begin(), line.end());
    std::copy(line.begin(), line.end(), above.begin());
  }
  return out;
}

Bytes undo_predictor(Bytes bytes, std::string_view parameters) {
  const long predictor = number_of(parameters, "Predictor", 1);
  const long colours = std::clamp(number_of(parameters, "Colors", 1), 1L, 32L);
  const long depth = std::clamp(number_of(parameters, "BitsPerComponent", 8), 1L, 16L);
  const long columns = std::clamp(number_of(parameters, "Columns", 1), 1L, kMostColumns);
  const auto row = static_cast<std::size_t>((columns * colours * depth + 7) / 8);
  const auto pixel = static_cast<std::size_t>((colours * depth + 7) / 8);
  if (predictor >= 10) return undo_png(bytes, row, pixel);
  if (predictor == 2 && depth == 8)
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (i % row >= pixel) bytes[i] = static_cast<std::uint8_t>(bytes[i] + bytes[i - pixel]);
  return bytes;
}

/// Nothing if the filter is unknown.
std::optional<Bytes> undo(const std::string& filter, std::string_view parameters, ByteView in,
                          std::size_t max_output) {
  Output out(max_output);
  if (filter == "FlateDecode" || filter == "Fl")
    static_cast<void>(inflate_into(in, Wrapper::zlib, out));
  else if (filter == "LZWDecode" || filter == "LZW")
    lzw(in, number_of(parameters, "EarlyChange", 1) != 0 ? 1 : 0, out);
  else if (filter == "ASCIIHexDecode" || filter == "AHx")
    ascii_hex(in, out);
  else if (filter == "ASCII85Decode" || filter == "A85")
    ascii85(in, out);
  else if (filter == "RunLengthDecode" || filter == "RL")
    run_length(in, out);
  else
    return std::nullopt;
  return undo_predictor(out.copy(), parameters);
}

}  // namespace

Bytes undo_pdf_filters(std::string_view dictionary, ByteView stream, std::size_t max_output) {
  Bytes bytes(stream.begin(),
              stream.begin() + static_cast<std::ptrdiff_t>(std::min(stream.size(), max_output)));
  const std::vector<std::string> filters = filters_of(dictionary);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    std::optional<Bytes> undone =
        undo(filters[i], parameters_of(dictionary, i), i == 0 ? stream : ByteView(bytes), max_output);
    if (!undone) return {};
    bytes = std::move(*undone);
  }
  return bytes;
}

bool is_plain_flate(std::string_view dictionary) {
  const std::vector<std::string> filters = filters_of(dictionary);
  return filters.size() == 1 && (filters[0] == "FlateDecode" || filters[0] == "Fl") &&
         number_of(parameters_of(dictionary, 0), "Predictor", 1) == 1;
}

}  // namespace candor::recognise
