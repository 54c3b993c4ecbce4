// SPDX-License-Identifier: Apache-2.0
//
// The text of PDF content streams (ISO 32000-1, 9.4 and 9.10): strings that are split by kerning are put
// together, and codes of embedded fonts are read through their ToUnicode maps.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"

namespace candor::recognise {

/// What the codes of a font stand for.
class PdfFont {
 public:
  /// Codes stand for Latin-1.
  PdfFont() = default;
  /// A ToUnicode CMap; at most `budget` codes of it are read, and taken off.
  PdfFont(std::string_view cmap, std::size_t& budget);
  /// UTF-8.
  void append(std::string_view codes, std::string& text) const;

 private:
  void map(std::size_t width, std::uint32_t code, std::string text);

  /// By the number of a code's bytes, from 1 to 4.
  std::array<std::unordered_map<std::uint32_t, std::string>, 5> codes_;
  std::size_t width_ = 1;  ///< Of a code that is not in the map.
  bool is_mapped_ = false;
};

/// By their names in content streams.
using PdfFonts = std::map<std::string, const PdfFont*>;

/// The text a content stream shows, at most `max_output` bytes. What stands in one line is joined, with
/// blanks where the stream moves on between two words, or, if `with_gaps`, between any two strings.
[[nodiscard]] std::string pdf_text(std::string_view content, const PdfFonts& fonts, bool with_gaps,
                                   std::size_t max_output);
/// A text string outside of content streams (7.9.2.2) in UTF-8.
[[nodiscard]] std::string pdf_text_string(std::string_view string);

}  // namespace candor::recognise
