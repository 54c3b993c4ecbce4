// SPDX-License-Identifier: Apache-2.0
#include "recognise/pdf_lexer.h"

#include <algorithm>
#include <cstdlib>

namespace candor::recognise {

namespace {

using Kind = PdfToken::Kind;

constexpr std::string_view kBlanks("\0\t\n\f\r ", 6);
constexpr std::string_view kDelimiters("()<>[]{}/%\0\t\n\f\r ", 16);

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_number(const std::string& word) {
  return word.find_first_not_of("+-.0123456789") == std::string::npos &&
         word.find_first_of("0123456789") != std::string::npos;
}

}  // namespace

void PdfLexer::skip_blanks() {
  while (more()) {
    if (text_[at_] == '%')
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    else if (kBlanks.find(text_[at_]) != kBlanks.npos)
      ++at_;
    else
      return;
  }
}

PdfToken PdfLexer::next() {
  skip_blanks();
  PdfToken token{.begin = at_};
  if (!more()) return token;
  const char c = text_[at_++];
  const bool doubled = more() && text_[at_] == c;
  if (c == '(') {
    token.kind = Kind::string;
    token.value = literal_string();
  } else if (c == '<' && !doubled) {
    token.kind = Kind::string;
    token.value = hex_string();
  } else if (c == '<' || c == '[' || c == '{') {
    token.kind = Kind::open;
    at_ += c == '<' ? 1 : 0;
  } else if (c == '>' || c == ']' || c == '}' || c == ')') {
    token.kind = Kind::close;
    at_ += c == '>' && doubled ? 1 : 0;
  } else {
    const std::size_t begin = c == '/' ? at_ : at_ - 1;
    at_ = std::min(text_.find_first_of(kDelimiters, at_), text_.size());
    token.value = text_.substr(begin, at_ - begin);
    token.kind = c == '/' ? Kind::name : is_number(token.value) ? Kind::number : Kind::word;
    if (token.kind == Kind::number) token.number = std::strtod(token.value.c_str(), nullptr);
  }
  return token;
}

/// After a backslash: a letter, up to three octal digits, or a line end that does not count.
void PdfLexer::escape(std::string& value) {
  constexpr std::string_view kLetters = "nrtbf";
  constexpr std::string_view kMeant = "\n\r\t\b\f";
  if (!more()) return;
  const char c = text_[at_++];
  if (const std::size_t letter = kLetters.find(c); letter != kLetters.npos) {
    value += kMeant[letter];
  } else if (c >= '0' && c <= '7') {
    int code = c - '0';
    for (int digits = 1; digits < 3 && more() && text_[at_] >= '0' && text_[at_] <= '7'; ++digits)
      code = 8 * code + (text_[at_++] - '0');
    value += static_cast<char>(code);
  } else if (c == '\r' && more() && text_[at_] == '\n') {
    ++at_;
  } else if (c != '\r' && c != '\n') {
    value += c;
  }
}

std::string PdfLexer::literal_string() {
  std::string value;
  for (int depth = 1; more();) {
    const char c = text_[at_++];
    if (c == '\\') {
      escape(value);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) break;
    value += c;
  }
  return value;
}

std::string PdfLexer::hex_string() {
  std::string value;
  int high = -1;
  while (more()) {
    const char c = text_[at_++];
    if (c == '>') break;
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      value += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) value += static_cast<char>(high * 16);
  return value;
}

void PdfLexer::skip_inline_image() {
  for (std::size_t at = text_.find("EI", at_); at != text_.npos; at = text_.find("EI", at + 1)) {
    const bool stands_alone = at > 0 && kBlanks.find(text_[at - 1]) != kBlanks.npos &&
                              (at + 2 == text_.size() || kBlanks.find(text_[at + 2]) != kBlanks.npos);
    if (!stands_alone) continue;
    at_ = at + 2;
    return;
  }
  at_ = text_.size();
}

namespace {

/// The end of the value whose first token was read.
std::size_t end_of_value(PdfLexer& lexer, const PdfToken& first) {
  if (first.kind == Kind::open) {
    for (int depth = 1; depth > 0;) {
      const PdfToken token = lexer.next();
      if (token.kind == Kind::end) break;
      depth += token.kind == Kind::open ? 1 : token.kind == Kind::close ? -1 : 0;
    }
    return lexer.at();
  }
  const std::size_t end = lexer.at();
  if (first.kind != Kind::number || lexer.next().kind != Kind::number || !lexer.next().is_word("R"))
    lexer.go_to(end);
  return lexer.at();
}

}  // namespace

std::string_view pdf_entry(std::string_view dictionary, std::string_view key) {
  PdfLexer lexer(dictionary);
  if (lexer.next().kind != Kind::open) return {};
  while (true) {
    const PdfToken name = lexer.next();
    if (name.kind != Kind::name) return {};
    const PdfToken first = lexer.next();
    if (first.kind == Kind::end || first.kind == Kind::close) return {};
    const std::size_t end = end_of_value(lexer, first);
    if (name.value == key) return dictionary.substr(first.begin, end - first.begin);
  }
}

long pdf_reference(std::string_view value) {
  PdfLexer lexer(value);
  const PdfToken number = lexer.next();
  if (number.kind != Kind::number || lexer.next().kind != Kind::number || !lexer.next().is_word("R"))
    return -1;
  return std::strtol(number.value.c_str(), nullptr, 10);
}

}  // namespace candor::recognise
