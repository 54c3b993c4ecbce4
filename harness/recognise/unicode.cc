// SPDX-License-Identifier: Apache-2.0
#include "recognise/unicode.h"

namespace candor::recognise {

namespace {

std::uint32_t unit(std::string_view units, std::size_t at) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(units[at]) << 8 |
                                    static_cast<unsigned char>(units[at + 1]));
}

}  // namespace

void append_utf8(std::uint32_t c, std::string& text) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18 & 7));
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

std::string from_utf16(std::string_view units) {
  std::string text;
  for (std::size_t at = 0; at + 2 <= units.size(); at += 2) {
    std::uint32_t c = unit(units, at);
    if (c >= 0xd800 && c < 0xdc00 && at + 4 <= units.size()) {
      c = 0x10000 + ((c & 0x3ff) << 10) + (unit(units, at + 2) & 0x3ff);
      at += 2;
    }
    append_utf8(c, text);
  }
  return text;
}

}  // namespace candor::recognise
