// SPDX-License-Identifier: Apache-2.0
//
// Tokens of PDF (ISO 32000-1, 7.2 and 7.3), of objects as well as of content streams. Tolerant: whatever the
// bytes are, there is a next token until they end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace candor::recognise {

struct PdfToken {
  enum class Kind { end, number, name, string, open, close, word };
  Kind kind = Kind::end;
  std::string value;  ///< Of a name without the slash; of a string undone; of others as it stands.
  double number = 0;
  std::size_t begin = 0;  ///< In the lexer's text.
  [[nodiscard]] bool is_word(std::string_view word) const { return kind == Kind::word && value == word; }
};

class PdfLexer {
 public:
  explicit PdfLexer(std::string_view text) : text_(text) {}
  PdfToken next();
  [[nodiscard]] std::size_t at() const { return at_; }
  void go_to(std::size_t at) { at_ = at < text_.size() ? at : text_.size(); }
  /// To the end of the image that follows the operator ID (8.9.7).
  void skip_inline_image();

 private:
  void skip_blanks();
  std::string literal_string();
  std::string hex_string();
  void escape(std::string& value);
  [[nodiscard]] bool more() const { return at_ < text_.size(); }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// The value of `key` in a dictionary "<< … >>", as it stands; empty if there is none.
[[nodiscard]] std::string_view pdf_entry(std::string_view dictionary, std::string_view key);
/// The object that a value "12 0 R" refers to; -1 if it is none.
[[nodiscard]] long pdf_reference(std::string_view value);

}  // namespace candor::recognise
