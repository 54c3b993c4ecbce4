// SPDX-License-Identifier: Apache-2.0
#include "document/mail_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace candor::document {

namespace {

/// Characters of one encoded word: in base64, with its frame, they stay within 75 columns in any charset.
constexpr std::size_t kWordCharacters = 10;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

std::string encoded_word(const std::string& text, const Charset& charset) {
  return fmt::format("=?{}?B?{}?=", charset.label, to_base64(as_bytes(encoded(text, charset))));
}

}  // namespace

std::string header_text(const std::string& text, const Charset& charset) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (plain) return text;
  const Charset& used = charset.mark.empty() ? charset : *find_charset("utf-8");
  std::string result;
  std::string word;
  std::size_t characters = 0;
  const auto end_word = [&] {
    if (!word.empty()) result += (result.empty() ? "" : "\n ") + encoded_word(word, used);
    word.clear();
    characters = 0;
  };
  for (const char byte : text) {
    if (begins_character(byte) && characters++ == kWordCharacters) {
      end_word();
      characters = 1;
    }
    word += byte;
  }
  end_word();
  return result;
}

std::string mail_date(const std::string& date) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Sakamoto's rule for the day of the week.
  constexpr int kOffsets[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  const int year = std::stoi(date.substr(0, 4));
  const int month = std::stoi(date.substr(5, 2));
  const int day = std::stoi(date.substr(8, 2));
  const int counted = month < 3 ? year - 1 : year;
  const int weekday = (counted + counted / 4 - counted / 100 + counted / 400 + kOffsets[month - 1] + day) % 7;
  return fmt::format("{}, {:02} {} {} 09:12:44 +0000", kDays[weekday], day, kMonths[month - 1], year);
}

}  // namespace candor::document
