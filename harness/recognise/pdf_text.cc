// SPDX-License-Identifier: Apache-2.0
#include "recognise/pdf_text.h"

#include <algorithm>
#include <vector>

#include "recognise/pdf_lexer.h"
#include "recognise/unicode.h"

namespace candor::recognise {

namespace {

using Kind = PdfToken::Kind;

/// Thousandths of the font's size that part words; kerning takes less.
constexpr double kWordGap = 180;
constexpr std::size_t kMostOperands = 4096;

std::uint32_t big(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// What the code `step` after the first of a range stands for: the last unit counts up.
std::string counted_up(std::string units, std::uint32_t step) {
  if (units.size() < 2) return {};
  const std::uint32_t last = big(std::string_view(units).substr(units.size() - 2)) + step;
  units[units.size() - 2] = static_cast<char>(last >> 8);
  units[units.size() - 1] = static_cast<char>(last);
  return from_utf16(units);
}

}  // namespace

PdfFont::PdfFont(std::string_view cmap, std::size_t& budget) {
  PdfLexer lexer(cmap);
  std::vector<PdfToken> operands;
  const std::size_t before = budget;
  for (PdfToken token = lexer.next(); token.kind != Kind::end; token = lexer.next()) {
    if (token.kind != Kind::word) {
      if (operands.size() < kMostOperands) operands.push_back(std::move(token));
      continue;
    }
    if (token.value == "endcodespacerange" && !operands.empty()) {
      width_ = std::clamp<std::size_t>(operands[0].value.size(), 1, 4);
    } else if (token.value == "endbfchar") {
      for (std::size_t i = 0; i + 1 < operands.size() && budget > 0; i += 2, --budget)
        map(operands[i].value.size(), big(operands[i].value), from_utf16(operands[i + 1].value));
    } else if (token.value == "endbfrange") {
      for (std::size_t i = 0; i + 2 < operands.size();) {
        const std::uint32_t first = big(operands[i].value);
        const std::uint32_t last = big(operands[i + 1].value);
        const std::size_t width = operands[i].value.size();
        const bool is_array = operands[i + 2].kind == Kind::open;
        i += is_array ? 3 : 2;
        for (std::uint64_t code = first; code <= last && i < operands.size() && budget > 0; ++code) {
          if (is_array && operands[i].kind == Kind::close) break;
          const auto step = static_cast<std::uint32_t>(code - first);
          map(width, static_cast<std::uint32_t>(code), counted_up(operands[i].value, is_array ? 0 : step));
          i += is_array ? 1 : 0;
          --budget;
        }
        ++i;
      }
    }
    operands.clear();
  }
  is_mapped_ = budget < before;
}

void PdfFont::map(std::size_t width, std::uint32_t code, std::string text) {
  if (width >= 1 && width < codes_.size()) codes_[width][code] = std::move(text);
}

void PdfFont::append(std::string_view codes, std::string& text) const {
  if (!is_mapped_) {
    for (const char c : codes) append_utf8(static_cast<unsigned char>(c), text);
    return;
  }
  while (!codes.empty()) {
    std::size_t taken = std::min(width_, codes.size());
    for (std::size_t width = 1; width < codes_.size() && width <= codes.size(); ++width) {
      const auto found = codes_[width].find(big(codes.substr(0, width)));
      if (found == codes_[width].end()) continue;
      text += found->second;
      taken = width;
      break;
    }
    codes.remove_prefix(taken);
  }
}

namespace {

class ContentReader {
 public:
  ContentReader(std::string_view content, const PdfFonts& fonts, bool with_gaps, std::size_t max_output)
      : lexer_(content), fonts_(fonts), with_gaps_(with_gaps), max_output_(max_output) {}

  std::string run() {
    for (PdfToken token = lexer_.next(); token.kind != Kind::end && text_.size() < max_output_;
         token = lexer_.next()) {
      if (token.kind == Kind::word) {
        perform(token.value);
        operands_.clear();
      } else if (operands_.size() < kMostOperands) {
        operands_.push_back(std::move(token));
      }
    }
    text_.resize(std::min(text_.size(), max_output_));
    return std::move(text_);
  }

 private:
  void perform(const std::string& what) {
    if (what == "Tj" || what == "TJ") {
      show();
    } else if (what == "'" || what == "\"") {
      y_ -= 1;
      show();
    } else if (what == "Tf") {
      choose_font();
    } else if (what == "Td" || what == "TD") {
      y_ += number(0);
    } else if (what == "T*") {
      y_ -= 1;
    } else if (what == "Tm") {
      y_ = number(0);
    } else if (what == "BT") {
      y_ = 0;
    } else if (what == "ID") {
      lexer_.skip_inline_image();
    }
  }

  /// The operand so many before the last.
  [[nodiscard]] double number(std::size_t before_last) const {
    return before_last < operands_.size() ? operands_[operands_.size() - 1 - before_last].number : 0;
  }

  void choose_font() {
    for (const PdfToken& operand : operands_)
      if (operand.kind == Kind::name) {
        const auto found = fonts_.find(operand.value);
        font_ = found == fonts_.end() ? &latin_ : found->second;
      }
  }

  void show() {
    if (y_ != shown_at_)
      text_ += '\n';
    else if (with_gaps_)
      text_ += ' ';
    shown_at_ = y_;
    for (const PdfToken& operand : operands_)
      if (operand.kind == Kind::string)
        font_->append(operand.value, text_);
      else if (operand.kind == Kind::number && operand.number < -kWordGap && !text_.ends_with(' '))
        text_ += ' ';
  }

  PdfLexer lexer_;
  const PdfFonts& fonts_;
  const bool with_gaps_;
  const std::size_t max_output_;
  const PdfFont latin_;
  const PdfFont* font_ = &latin_;
  std::vector<PdfToken> operands_;
  std::string text_;
  double y_ = 0;  ///< Of the line, in no particular unit.
  double shown_at_ = 0;
};

}  // namespace

std::string pdf_text(std::string_view content, const PdfFonts& fonts, bool with_gaps,
                     std::size_t max_output) {
  return ContentReader(content, fonts, with_gaps, max_output).run();
}

std::string pdf_text_string(std::string_view string) {
  if (string.starts_with("\xfe\xff")) return from_utf16(string.substr(2));
  std::string text;
  PdfFont().append(string, text);
  return text;
}

}  // namespace candor::recognise
