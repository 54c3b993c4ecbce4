// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <algorithm>
#include <array>

namespace candor {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// A code point of well-formed UTF-8 at the front of `bytes` (RFC 3629, section 4), and its length; length 0
/// where it is not well-formed.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};

CodePoint next_code_point(ByteView bytes) {
  const std::uint8_t lead = bytes[0];
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  std::uint32_t value = 0;
  std::uint32_t lowest = 0;
  if ((lead & 0xe0U) == 0xc0) {
    length = 2, value = lead & 0x1fU, lowest = 0x80;
  } else if ((lead & 0xf0U) == 0xe0) {
    length = 3, value = lead & 0x0fU, lowest = 0x800;
  } else if ((lead & 0xf8U) == 0xf0) {
    length = 4, value = lead & 0x07U, lowest = 0x10000;
  } else {
    return {};
  }
  if (bytes.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xc0U) != 0x80) return {};
    value = value << 6U | (bytes[i] & 0x3fU);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < lowest || value > 0x10ffff || surrogate) return {};
  return {value, length};
}

/// Characters that move the cursor, reverse the text or cannot be seen.
bool deceptive(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || (value >= 0x200b && value <= 0x200f) ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2060 && value <= 0x206f) || value == 0xfeff ||
         (value >= 0xe0000 && value <= 0xe0fff);
}

std::string escaped_byte(std::uint8_t byte) {
  if (byte == '\n') return "\\n";
  if (byte == '\r') return "\\r";
  if (byte == '\t') return "\\t";
  return {'\\', 'x', kHexDigits[byte >> 4U], kHexDigits[byte & 0xfU]};
}

std::string escaped_code_point(std::uint32_t value) {
  std::string digits;
  for (std::uint32_t rest = value; rest != 0; rest >>= 4U)
    digits.insert(digits.begin(), kHexDigits[rest & 0xfU]);
  return "\\u{" + digits + "}";
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 0xfU];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return bytes;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return Bytes{};
  std::array<std::int8_t, 256> value{};
  value.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    value[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  const std::size_t digits = text.size() - padding;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = i < digits ? value[static_cast<std::uint8_t>(text[i])] : 0;
    if (digit < 0) return std::nullopt;
    group = group << 6U | static_cast<std::uint32_t>(digit);
    if (i % 4 == 3) {
      for (const unsigned shift : {16U, 8U, 0U}) bytes.push_back(static_cast<std::uint8_t>(group >> shift));
      group = 0;
    }
  }
  for (std::size_t i = 0; i < padding; ++i) {
    if (bytes.back() != 0) return std::nullopt;
    bytes.pop_back();
  }
  return bytes;
}

std::string printable(ByteView bytes, std::size_t limit) {
  std::string text;
  while (!bytes.empty()) {
    const CodePoint point = next_code_point(bytes);
    std::string piece;
    if (point.length == 0 || (point.length == 1 && deceptive(point.value))) {
      piece = escaped_byte(bytes[0]);
    } else if (deceptive(point.value)) {
      piece = escaped_code_point(point.value);
    } else {
      piece = std::string(as_text(bytes.first(point.length)));
    }
    if (text.size() + piece.size() > limit) return text + "…";
    text += piece;
    bytes = bytes.subspan(std::max<std::size_t>(point.length, 1));
  }
  return text;
}

std::string printable(std::string_view text, std::size_t limit) { return printable(as_bytes(text), limit); }

bool is_utf8_text(ByteView bytes) {
  while (!bytes.empty()) {
    const CodePoint point = next_code_point(bytes);
    if (point.length == 0 || point.value == 0) return false;
    bytes = bytes.subspan(point.length);
  }
  return true;
}

}  // namespace candor
