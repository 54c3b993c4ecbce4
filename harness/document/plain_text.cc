// SPDX-License-Identifier: Apache-2.0
#include "document/plain_text.h"

#include <algorithm>
#include <sstream>

namespace candor::document {

namespace {

constexpr std::size_t kColumns = 72;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }
/// Whether a character of three bytes begins here: in our documents, a Chinese one, two columns wide.
bool wide(char byte) { return static_cast<unsigned char>(byte) >= 0xe0; }

std::size_t columns(const std::string& text) {
  std::size_t count = 0;
  for (const char byte : text) count += wide(byte) ? 2 : begins_character(byte) ? 1 : 0;
  return count;
}

std::string centred(const std::string& line) {
  const std::size_t width = columns(line);
  return std::string(width < kColumns ? (kColumns - width) / 2 : 0, ' ') + line + "\n";
}

/// A word in the pieces between which a line may end: wide characters stand alone.
std::vector<std::string> pieces(const std::string& word) {
  std::vector<std::string> result;
  bool after_wide = true;
  for (const char byte : word) {
    if (begins_character(byte) && (wide(byte) || after_wide)) result.emplace_back();
    if (begins_character(byte)) after_wide = wide(byte);
    result.back() += byte;
  }
  return result;
}

std::string wrapped(const std::string& text) {
  std::istringstream words(text);
  std::string result;
  std::string line;
  for (std::string word; words >> word;) {
    bool first = true;
    for (const std::string& piece : pieces(word)) {
      const char* gap = line.empty() || !first ? "" : " ";
      if (!line.empty() && columns(line) + columns(piece) + (first ? 1 : 0) > kColumns) {
        result += line + "\n";
        line.clear();
        gap = "";
      }
      line += gap + piece;
      first = false;
    }
  }
  return result + line + "\n";
}

std::string table(std::vector<Item>::const_iterator row, std::vector<Item>::const_iterator end) {
  std::vector<std::size_t> widths;
  for (auto each = row; each != end; ++each)
    for (std::size_t i = 0; i < each->cells.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], columns(each->cells[i]));
    }
  std::string text;
  for (; row != end; ++row) {
    for (std::size_t i = 0; i < row->cells.size(); ++i) {
      const std::string& cell = row->cells[i];
      text += cell + std::string(i + 1 < row->cells.size() ? widths[i] - columns(cell) + 2 : 0, ' ');
    }
    text += "\n";
  }
  return text + "\n";
}

bool in_table(const Item& item) { return !item.cells.empty(); }

std::string block(const Item& item) {
  switch (item.role) {
    case Role::banner:
      return centred(item.text) + "\n";
    case Role::heading:
      return item.text + "\n" + std::string(columns(item.text), '=') + "\n\n";
    case Role::title:
    case Role::detail:
    case Role::authority:
      return item.text + "\n";
    case Role::page_break:
      return "\n";
    default:
      return wrapped(item.text) + "\n";
  }
}

}  // namespace

std::string as_plain_text(const std::vector<Item>& items) {
  std::string text;
  Role before = Role::banner;
  for (auto item = items.begin(); item != items.end(); ++item) {
    // The block of title and authority lines ends in a blank line.
    if (item->role == Role::heading && before != Role::banner) text += "\n";
    before = item->role;
    if (!in_table(*item)) {
      text += block(*item);
      continue;
    }
    const auto end = std::find_if_not(item, items.end(), in_table);
    text += table(item, end);
    item = end - 1;
  }
  return text;
}

}  // namespace candor::document
