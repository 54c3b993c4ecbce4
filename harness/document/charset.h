// SPDX-License-Identifier: Apache-2.0
//
// Text in the charsets documents are written in, by iconv(3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace candor::document {

struct Charset {
  std::string_view name;   ///< In a scenario: "cp1251".
  std::string_view label;  ///< In HTML and MIME: "windows-1251".
  const char* iconv;
  std::string_view mark;  ///< The byte order mark that files begin with.
};

[[nodiscard]] const std::vector<Charset>& all_charsets();
/// Nothing if there is no such charset.
[[nodiscard]] const Charset* find_charset(std::string_view name);

/// `text`, which is UTF-8, with typographic signs replaced by plain ones where the charset lacks them: what a
/// reader sees of it. Throws Error (Fault::input), naming the charset, if it lacks a letter.
[[nodiscard]] std::string representable(const std::string& text, const Charset& charset);
/// The same in the charset, without a byte order mark.
[[nodiscard]] std::string encoded(const std::string& text, const Charset& charset);

}  // namespace candor::document
