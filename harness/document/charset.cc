// SPDX-License-Identifier: Apache-2.0
#include "document/charset.h"

#include <iconv.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"

namespace candor::document {

namespace {

/// Nothing if `text` has a character that is not in the charset `to`.
std::optional<std::string> converted(const std::string& text, const char* to) {
  const iconv_t converter = iconv_open(to, "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1))
    throw Error(std::string("this system's iconv does not know ") + to);
  const std::unique_ptr<void, int (*)(iconv_t)> guard(converter, iconv_close);
  std::string result(text.size() * 4 + 16, '\0');
  std::string input = text;
  char* from = input.data();
  std::size_t left = input.size();
  char* out = result.data();
  std::size_t room = result.size();
  if (iconv(converter, &from, &left, &out, &room) != 0) return std::nullopt;
  result.resize(result.size() - room);
  return result;
}

std::string plainer(std::string text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kPlain = {
      {{"«", "\""}, {"»", "\""}, {"“", "\""}, {"”", "\""}, {"№", "N"}, {"★", "*"}, {"È", "E"}, {"é", "e"}}};
  for (const auto& [sign, plain] : kPlain)
    for (std::size_t at = text.find(sign); at != text.npos; at = text.find(sign, at + plain.size()))
      text.replace(at, sign.size(), plain);
  return text;
}

}  // namespace

const std::vector<Charset>& all_charsets() {
  static const std::vector<Charset> table = {{"utf-8", "utf-8", "UTF-8", ""},
                                             {"utf-16le", "utf-16", "UTF-16LE", "\xff\xfe"},
                                             {"cp1251", "windows-1251", "CP1251", ""},
                                             {"koi8-r", "koi8-r", "KOI8-R", ""},
                                             {"gb18030", "gb18030", "GB18030", ""}};
  return table;
}

const Charset* find_charset(std::string_view name) {
  for (const Charset& charset : all_charsets())
    if (charset.name == name) return &charset;
  return nullptr;
}

std::string representable(const std::string& text, const Charset& charset) {
  if (converted(text, charset.iconv)) return text;
  std::string plain = plainer(text);
  if (converted(plain, charset.iconv)) return plain;
  throw Error("the charset " + std::string(charset.name) + " has no letters for a document of this marking",
              Fault::input);
}

std::string encoded(const std::string& text, const Charset& charset) {
  return *converted(representable(text, charset), charset.iconv);
}

}  // namespace candor::document
