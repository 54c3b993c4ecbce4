// SPDX-License-Identifier: Apache-2.0
//
// Encodings of bytes as text, and structured messages.
#include <fmt/format.h>
#include <zlib.h>

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

Text hex_blanks(const Text& plain) { return joined(plain, "{:02x}", " "); }
Text hex_array(const Text& plain) { return "{" + joined(plain, "0x{:02X}", ", ") + "}"; }

Text octal(const Text& plain) { return joined(plain, "\\{:03o}", ""); }
Text c_escapes(const Text& plain) { return joined(plain, "\\x{:02X}", ""); }
Text braced(const Text& plain) { return joined(plain, "\\u{{{:x}}}", ""); }
Text long_unicode(const Text& plain) { return joined(plain, "\\U{:08x}", ""); }

/// Three bytes as four letters from the blank on, or from the grave accent for zero.
Text uu_line(const Text& plain, char zero) {
  const auto letter = [zero](std::uint32_t value) {
    return value == 0 ? zero : static_cast<char>(32 + value);
  };
  Text line(1, letter(static_cast<std::uint32_t>(plain.size())));
  for (std::size_t at = 0; at < plain.size(); at += 3) {
    std::string bits;
    for (std::size_t i = at; i < at + 3; ++i)
      bits += std::bitset<8>(i < plain.size() ? static_cast<unsigned char>(plain[i]) : 0U).to_string();
    for (std::size_t i = 0; i < 24; i += 6)
      line += letter(static_cast<std::uint32_t>(std::bitset<6>(bits, i, 6).to_ulong()));
  }
  return line + "\n";
}

Text uu_lines(const Text& plain, char zero) {
  Text text;
  for (std::size_t at = 0; at < plain.size(); at += 45) text += uu_line(plain.substr(at, 45), zero);
  return text;
}

Text uuencode(const Text& plain) { return "\nbegin 644 survey.bin\n" + uu_lines(plain, '`') + "`\nend\n"; }
Text uuencode_blanks(const Text& plain) { return "\nbegin 600 a\n" + uu_lines(plain, ' ') + " \nend\n"; }
Text uuencode_headless(const Text& plain) { return "\n" + uu_lines(plain + Text(70, 'x'), '`') + "`\n"; }

Text yenc(const Text& plain) {
  Text body;
  std::size_t column = 0;
  for (const char c : plain) {
    char moved = static_cast<char>(c + 42);
    if (moved == 0 || moved == '\n' || moved == '\r' || moved == '=') {
      body += '=';
      moved = static_cast<char>(moved + 64);
    }
    body += moved;
    if (++column % 128 == 0) body += "\r\n";
  }
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  return fmt::format("=ybegin line=128 size={0} name=a.bin\r\n{1}\r\n=yend size={0} crc32={2:08x}\r\n",
                     plain.size(), body, crc);
}

/// Words of at most 30 bytes each, on lines of their own.
Text in_words(const Text& plain, const char* begin, Text (*encode)(const Text&)) {
  Text header = "\r\nSubject: ";
  for (std::size_t at = 0; at < plain.size(); at += 30)
    header += begin + encode(plain.substr(at, 30)) + "?=\r\n ";
  return header + "\r\n";
}

Text encoded_words(const Text& plain) { return in_words(plain, "=?UTF-8?B?", base64); }
Text quoted_words(const Text& plain) {
  return in_words(plain, "=?iso-8859-1?q?", [](const Text& word) {
    Text text;
    for (const char c : word) text += c == ' ' ? "_" : fmt::format("={:02X}", static_cast<unsigned char>(c));
    return text;
  });
}

Text mail(const Text& plain) {
  return "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n "
         "boundary=\"=_b1\"\r\n\r\n"
         "A message of two parts.\r\n--=_b1\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--=_b1\r\n"
         "Content-Type: application/octet-stream; name=\"survey.bin\"\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\n" +
         base64_wrapped(plain) + "\r\n--=_b1--\r\n";
}

Text form(const Text& plain) {
  const Text boundary = fmt::format("xY{}zZy", plain.size());  // Another one in a form within a form.
  return fmt::format(
             "POST /up HTTP/1.1\r\nHost: sink.example\r\nContent-Type: multipart/form-data; "
             "boundary={0}\r\n\r\n"
             "--{0}\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\n\r\n",
             boundary) +
         plain + "\r\n--" + boundary + "--\r\n";
}

Text utf32le(const Text& plain) {
  Text text;
  for (const char c : plain) text += Text(1, c) + Text(3, '\0');
  return text;
}
Text utf32be(const Text& plain) {
  Text text;
  for (const char c : plain) text += Text(3, '\0') + c;
  return text;
}

Text octets(const Text& plain) {
  return fmt::format(
             "POST /up HTTP/1.1\r\nHost: sink.example\r\nContent-Type: application/octet-stream\r\n"
             "Content-Length: {}\r\n\r\n",
             plain.size()) +
         plain;
}

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
      {"hex blanks", false, hex_blanks},
      {"hex array", false, hex_array},
      {"octal", false, octal},
      {"C escapes", false, c_escapes},
      {"braced escapes", true, braced},
      {"long escapes", true, long_unicode},
      {"uuencode", false, uuencode},
      {"uuencode blanks", false, uuencode_blanks},
      {"uuencode headless", false, uuencode_headless},
      {"yEnc", false, yenc},
      {"encoded words", false, encoded_words},
      {"quoted words", false, quoted_words},
      {"mail", false, mail},
      {"form", false, form},
      {"octets", false, octets},
      {"utf-32le", true, utf32le},
      {"utf-32be", true, utf32be},
  };
}

}  // namespace candor::recognise::test
