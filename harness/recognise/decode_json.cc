// SPDX-License-Identifier: Apache-2.0
//
// Backslash escapes of JSON strings (RFC 8259) and, beyond them, those that C, JavaScript and shells write:
// \xNN, three octal digits, \u{N}, \UNNNNNNNN and single letters.
#include <string_view>

#include "recognise/escape.h"

namespace candor::recognise {

namespace {

/// \uXXXX, or two of them that are a surrogate pair.
Unescaped read_unicode(ByteView at_lead) {
  const std::int64_t first = hex_number(at_lead, 2, 4);
  if (first < 0) return {};
  if (first < 0xd800 || first >= 0xdc00) return code_point(6, static_cast<std::uint32_t>(first));
  if (at_lead.size() < 12 || at_lead[6] != '\\' || at_lead[7] != 'u') return {};
  const std::int64_t second = hex_number(at_lead, 8, 4);
  if (second < 0xdc00 || second >= 0xe000) return {};
  return code_point(12, static_cast<std::uint32_t>(0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00)));
}

/// \u{N} with one to six digits.
Unescaped read_braced(ByteView at_lead) {
  for (std::size_t digits = 1; digits <= 6 && 3 + digits < at_lead.size(); ++digits) {
    if (at_lead[3 + digits] != '}') continue;
    const std::int64_t value = hex_number(at_lead, 3, digits);
    return value < 0 ? Unescaped{} : code_point(4 + digits, static_cast<std::uint32_t>(value));
  }
  return {};
}

/// Three octal digits, the first of which is 0 to 3.
Unescaped read_octal(ByteView at_lead) {
  if (at_lead.size() < 4 || (at_lead[2] & 0xf8) != '0' || (at_lead[3] & 0xf8) != '0') return {};
  return one_byte(4, (at_lead[1] - '0') * 64 + (at_lead[2] - '0') * 8 + (at_lead[3] - '0'));
}

Unescaped read(ByteView at_lead) {
  constexpr std::string_view kLetters = "\"\\/bfnrtave'?";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t\a\v\x1b'?";
  if (at_lead.size() < 2) return {};
  const char letter = static_cast<char>(at_lead[1]);
  if (letter == 'u')
    return at_lead.size() > 2 && at_lead[2] == '{' ? read_braced(at_lead) : read_unicode(at_lead);
  if (letter == 'x') {
    const std::int64_t value = hex_number(at_lead, 2, 2);
    return value < 0 ? Unescaped{} : one_byte(4, static_cast<int>(value));
  }
  if (letter == 'U') {
    const std::int64_t value = hex_number(at_lead, 2, 8);
    return value < 0 ? Unescaped{} : code_point(10, static_cast<std::uint32_t>(value));
  }
  if (letter >= '0' && letter <= '3') return read_octal(at_lead);
  const std::size_t index = kLetters.find(letter);
  return index == kLetters.npos ? Unescaped{} : one_byte(2, kMeanings[index]);
}

Decoded decode(ByteView region, std::size_t max_output) { return unescape(region, max_output, '\\', read); }

}  // namespace

Decoder json_decoder() {
  return {.name = "json",
          .about = "backslash escapes of JSON, C and JavaScript strings",
          .nature = Nature::escape,
          .trigger =
              "\\\\([\"\\\\/bfnrtave'?]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|u\\{[0-9a-fA-F]{1,6}\\}|"
              "U[0-9a-fA-F]{8}|[0-3][0-7]{2})",
          .decode = decode};
}

}  // namespace candor::recognise
