// SPDX-License-Identifier: Apache-2.0
//
// Rich Text Format 1.9.1: ASCII with control words; other characters as \uN (a signed 16-bit number).
#include <fmt/format.h>

#include "document/draft.h"

namespace candor::document {

Written write_rtf(const Draft& draft);

namespace {

/// The code point that begins at `at`, which moves behind it; our text is well-formed and in the first plane.
unsigned code_point(const std::string& text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at++);
  if (lead < 0x80) return lead;
  if (lead < 0xe0) return (lead & 0x1fU) << 6 | (byte(at++) & 0x3fU);
  const unsigned middle = byte(at++) & 0x3fU;
  return (lead & 0x0fU) << 12 | middle << 6 | (byte(at++) & 0x3fU);
}

std::string rtf(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned code = code_point(text, at);
    if (code >= 0x80)
      result += fmt::format("\\u{}?", static_cast<std::int16_t>(code));
    else if (code == '\\' || code == '{' || code == '}')
      result += {'\\', static_cast<char>(code)};
    else
      result += static_cast<char>(code);
  }
  return result;
}

std::string paragraph(const char* look, const std::string& text) {
  return fmt::format("{{\\pard{} {}\\par}}\n", look, rtf(text));
}

std::string row(const Item& item) {
  constexpr int kCellTwips = 2300;
  std::string definition;
  std::string cells;
  for (std::size_t i = 0; i < item.cells.size(); ++i) {
    definition += fmt::format("\\cellx{}", kCellTwips * (static_cast<int>(i) + 1));
    cells += fmt::format("{} {}\\cell", item.role == Role::head ? "\\b" : "\\b0", rtf(item.cells[i]));
  }
  return fmt::format("{{\\trowd{}\\pard\\intbl{}\\row}}\n", definition, cells);
}

std::string block(const Item& item) {
  switch (item.role) {
    case Role::title:
      return paragraph("\\sb240\\b\\fs40", item.text);
    case Role::heading:
      return paragraph("\\sb240\\b\\fs28", item.text);
    case Role::caption:
      return paragraph("\\sb120\\b", item.text);
    case Role::page_break:
      return "\\page\n";
    case Role::head:
    case Role::row:
      return row(item);
    default:
      return paragraph("\\sb120", item.text);
  }
}

std::string information(const Draft& draft) {
  return fmt::format(
      "{{\\info{{\\title {}}}{{\\author {}}}{{\\keywords {}}}{{\\creatim\\yr{}\\mo{}\\dy{}\\hr9}}}}\n",
      rtf(draft.title), rtf(draft.author), draft.property_token, draft.date.substr(0, 4),
      draft.date.substr(5, 2), draft.date.substr(8, 2));
}

}  // namespace

Written write_rtf(const Draft& draft) {
  std::string text = "{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0{\\fonttbl{\\f0\\froman DejaVu Serif;}}\n";
  text += information(draft) + "\\paperw11906\\paperh16838\\fs20\n{\\header\n";
  if (!draft.banner.empty()) text += paragraph("\\qc\\b", draft.banner);
  text += paragraph("\\qr", copy_line(draft)) + "}\n{\\footer\n" + paragraph("\\qc\\b", draft.banner) + "}\n";
  const std::vector<Item> items = flow(draft, Banners::elsewhere);
  for (const Item& item : items) text += block(item);
  const std::string banner = draft.banner.empty() ? "" : draft.banner + "\n";
  return {.content = to_bytes(text + "}\n"),
          .text = banner + copy_line(draft) + "\n" + text_of(items) + banner,
          .parts = {}};
}

}  // namespace candor::document
