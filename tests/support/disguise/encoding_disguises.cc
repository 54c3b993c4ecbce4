// SPDX-License-Identifier: Apache-2.0
//
// Encodings of bytes as text, and structured messages.
#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <cctype>

#include "support/disguise/disguise.h"

namespace candor::recognise::test {

namespace {

/// The bytes as digits of five bits, most significant first, in an alphabet.
Text in_fives(const Text& plain, const Text& alphabet) {
  std::string bits;
  for (const char c : plain) bits += std::bitset<8>(static_cast<unsigned char>(c)).to_string();
  bits.resize((bits.size() + 4) / 5 * 5, '0');
  Text text;
  for (std::size_t at = 0; at < bits.size(); at += 5)
    text += alphabet[std::bitset<5>(bits, at, 5).to_ulong()];
  return text;
}

Text padded(Text text, std::size_t to) {
  while (text.size() % to != 0) text += '=';
  return text;
}

Text wrapped(const Text& text, std::size_t width) {
  Text lines;
  for (std::size_t at = 0; at < text.size(); at += width) lines += text.substr(at, width) + "\n";
  return lines;
}

Text base32(const Text& plain) { return padded(in_fives(plain, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 8); }
Text base32_small(const Text& plain) { return in_fives(plain, "abcdefghijklmnopqrstuvwxyz234567"); }
Text base32_wrapped(const Text& plain) { return wrapped(base32(plain), 64); }
Text base32hex(const Text& plain) { return padded(in_fives(plain, "0123456789ABCDEFGHIJKLMNOPQRSTUV"), 8); }
Text crockford(const Text& plain) { return in_fives(plain, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"); }
Text z_base32(const Text& plain) { return in_fives(plain, "ybndrfg8ejkmcpqxot1uwisza345h769"); }

/// Groups of four bytes as five digits, the last one shorter.
Text in_base85(const Text& plain, const Text& alphabet) {
  Text text;
  for (std::size_t at = 0; at < plain.size(); at += 4) {
    const std::size_t size = std::min<std::size_t>(4, plain.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i)
      group = group * 256 + (i < size ? static_cast<unsigned char>(plain[at + i]) : 0U);
    Text digits;
    for (int i = 0; i < 5; ++i, group /= 85) digits.insert(digits.begin(), alphabet[group % 85]);
    text += digits.substr(0, size + 1);
  }
  return text;
}

Text ascii85(const Text& plain) {
  Text alphabet;
  for (char c = '!'; c <= 'u'; ++c) alphabet += c;
  return in_base85(plain, alphabet);
}
Text adobe85(const Text& plain) { return "<~" + wrapped(ascii85(plain), 75) + "~>"; }
Text z85(const Text& plain) {
  return in_base85(plain,
                   "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#");
}
Text base85(const Text& plain) {
  return in_base85(plain,
                   "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~");
}

Text joined(const Text& plain, const char* format, const char* separator) {
  Text text;
  for (const char c : plain) {
    if (!text.empty()) text += separator;
    text += fmt::format(fmt::runtime(format), static_cast<unsigned char>(c));
  }
  return text;
}

Text decimal(const Text& plain) { return "[" + joined(plain, "{}", ", ") + "]"; }
Text decimal_blanks(const Text& plain) { return " " + joined(plain, "{}", " ") + " ,"; }
Text hex_blanks(const Text& plain) { return joined(plain, "{:02x}", " "); }
Text hex_array(const Text& plain) { return "{" + joined(plain, "0x{:02X}", ", ") + "}"; }

}  // namespace

std::vector<Disguise> encoding_disguises() {
  return {
      {"base32", false, base32},
      {"small base32", false, base32_small},
      {"wrapped base32", false, base32_wrapped},
      {"base32hex", false, base32hex},
      {"Crockford base32", false, crockford},
      {"z-base-32", false, z_base32},
      {"Ascii85", false, ascii85},
      {"Adobe Ascii85", false, adobe85},
      {"Z85", false, z85},
      {"base85", false, base85},
      {"decimal", false, decimal},
      {"decimal blanks", false, decimal_blanks},
      {"hex blanks", false, hex_blanks},
      {"hex array", false, hex_array},
  };
}

}  // namespace candor::recognise::test
