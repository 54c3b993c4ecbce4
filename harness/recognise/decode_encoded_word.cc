// SPDX-License-Identifier: Apache-2.0
//
// Encoded words of mail headers (RFC 2047), "=?utf-8?B?…?=" and "=?utf-8?Q?…?="; words that follow each
// other with blanks between them are one text. The charset is not converted.
#include <algorithm>

#include "recognise/decoder.h"
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongestWord = 1024;  // RFC 2047 allows 75; not all writers care.

/// One encoded word.
struct Word {
  char encoding = 0;
  std::string_view content;
  std::size_t size = 0;  ///< Of the whole word; 0: there is none.
};

Word word_at(std::string_view text) {
  text = text.substr(0, kLongestWord);
  if (text.substr(0, 2) != "=?") return {};
  const std::size_t charset = text.find('?', 2);
  if (charset == text.npos || charset + 2 >= text.size() || text[charset + 2] != '?') return {};
  const std::size_t begin = charset + 3;
  const std::size_t end = text.find("?=", begin);
  if (end == text.npos) return {};
  const char encoding = static_cast<char>(text[charset + 1] & ~0x20);
  if (encoding != 'B' && encoding != 'Q') return {};
  return {encoding, text.substr(begin, end - begin), end + 2};
}

void append_quoted(std::string_view content, Bytes& bytes) {
  const ByteView view = as_bytes(content);
  for (std::size_t at = 0; at < view.size(); ++at) {
    const std::int64_t value = view[at] == '=' ? hex_number(view, at + 1, 2) : -1;
    if (value >= 0) at += 2;
    bytes.push_back(value >= 0        ? static_cast<std::uint8_t>(value)
                    : view[at] == '_' ? std::uint8_t{' '}
                                      : view[at]);
  }
}

/// Padding is optional; a word that is no base64 gives nothing.
void append_base64(std::string_view content, Bytes& bytes) {
  std::string letters(content.substr(0, content.find('=')));
  letters.resize((letters.size() + 3) / 4 * 4, '=');
  if (const std::optional<Bytes> plain = from_base64(letters))
    bytes.insert(bytes.end(), plain->begin(), plain->end());
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const std::size_t next = text.substr(0, at + kLongestWord).find_first_not_of(" \t\r\n", at);
  return next == text.npos ? at : next;
}

/// The trigger ends after the encoding's letter and question mark.
std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  constexpr std::size_t kLongestTrigger = 64;
  const std::size_t from = trigger_end - std::min(trigger_end, kLongestTrigger);
  const std::size_t at = as_text(layer).substr(from, trigger_end - from).rfind("=?");
  if (at == std::string_view::npos || word_at(as_text(layer).substr(from + at)).size == 0)
    return std::nullopt;
  return from + at;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  const std::string_view text = as_text(region);
  std::size_t next = 0;
  for (Word word = word_at(text); word.size > 0; word = word_at(text.substr(next))) {
    if (result.bytes.size() + word.content.size() > max_output) {
      result.reason = "output budget";
      return result;
    }
    if (word.encoding == 'B')
      append_base64(word.content, result.bytes);
    else
      append_quoted(word.content, result.bytes);
    result.consumed = next + word.size;
    next = skip_blanks(text, result.consumed);
  }
  result.complete = !result.bytes.empty();
  return result;
}

}  // namespace

Decoder encoded_word_decoder() {
  return {.name = "encoded-word",
          .about = "encoded words of mail headers",
          .nature = Nature::container,
          .trigger = "=\\?[A-Za-z0-9*_.-]{2,40}\\?[BbQq]\\?",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
