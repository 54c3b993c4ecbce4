// SPDX-License-Identifier: Apache-2.0
//
// How mistakes in a YAML file are kept and shown: place, sentence, the line, a caret, what was expected.
// The file's bytes are nobody's friend: each shown code point is made printable, long lines are cut around
// the mistake, and the caret stands under what is shown, not under what was read.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/bytes.h"
#include "base/error.h"
#include "base/yaml.h"

namespace candor::yaml {

struct Diagnostics::Item {
  Mark mark;
  std::string sentence;
  std::string expected;
};

namespace {

constexpr std::size_t kKept = 100;
constexpr std::size_t kShownBefore = 60;  // code points of a long line left and right of the mistake
constexpr std::size_t kShownAfter = 60;
constexpr std::size_t kSentence = 600;

/// Lines end with LF, CR LF or CR, as in YAML.
std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (byte == '\n' || byte == '\r') {
      lines.emplace_back();
    } else {
      lines.back() += byte;
    }
  }
  return lines;
}

/// The code points of a line, at most `limit`; a byte that begins none stands for itself.
std::vector<std::string_view> code_points(std::string_view line, std::size_t limit = std::string_view::npos) {
  const auto continues = [&](std::size_t i) {
    return i < line.size() && (static_cast<unsigned char>(line[i]) & 0xC0U) == 0x80U;
  };
  std::vector<std::string_view> points;
  for (std::size_t i = 0; i < line.size() && points.size() < limit;) {
    std::size_t length = 1;
    while (length < 4 && continues(i + length)) ++length;
    if (length > 1 && !is_utf8_text(as_bytes(line.substr(i, length)))) length = 1;
    points.push_back(line.substr(i, length));
    i += length;
  }
  return points;
}

/// How many code points from `begin` on belong to the word, or the quoted text, that begins there.
std::size_t token_length(const std::vector<std::string_view>& points, std::size_t begin) {
  if (begin >= points.size()) return 1;
  if (const std::string_view quote = points[begin]; quote == "'" || quote == "\"") {
    const auto from = points.begin() + static_cast<std::ptrdiff_t>(begin) + 1;
    const auto closing = std::find(from, points.end(), quote);
    if (closing != points.end()) return static_cast<std::size_t>(closing - from) + 2;
  }
  std::size_t end = begin;
  while (end < points.size()) {
    const std::string_view point = points[end];
    if (point == " " || point == "\t" || point == "," || point == "]" || point == "}") break;
    const bool ends_key = point == ":" && (end + 1 == points.size() || points[end + 1] == " ");
    if (ends_key) break;
    ++end;
    if (point == "[" || point == "{") break;
  }
  return std::max<std::size_t>(end - begin, 1);
}

/// Columns a terminal needs for well-formed, printable text: code points, for want of anything better.
std::size_t width(std::string_view shown) { return code_points(shown).size(); }

/// "    7 |   - pland: [memo]" and the caret's line below it.
std::string snippet(int number, std::string_view line, int column, std::string_view expected) {
  const auto wanted = static_cast<std::size_t>(std::max(column, 1) - 1);
  const std::vector<std::string_view> points = code_points(line, wanted + kShownBefore + kShownAfter + 1);
  const std::size_t at = std::min(wanted, points.size());
  const std::size_t first = at > kShownBefore + 10 ? at - kShownBefore : 0;
  const std::size_t last = std::min(points.size(), at + kShownAfter + (first == 0 ? kShownBefore : 0));
  const std::size_t marked = std::min(token_length(points, at), std::max<std::size_t>(last - at, 1));

  std::string shown = first > 0 ? "…" : "";
  std::size_t before = first > 0 ? 1 : 0;
  std::size_t under = 0;
  for (std::size_t i = first; i < last; ++i) {
    const std::string safe = printable(points[i], 16);
    if (i < at) before += width(safe);
    if (i >= at && i < at + marked) under += width(safe);
    shown += safe;
  }
  if (last < points.size()) shown += "…";
  while (!shown.empty() && shown.back() == ' ') shown.pop_back();
  std::string text = fmt::format("{:>5} |{}{}\n      | {}^{}", number, shown.empty() ? "" : " ", shown,
                                 std::string(before, ' '), std::string(under > 1 ? under - 1 : 0, '~'));
  if (!expected.empty()) text += fmt::format(" {}", expected);
  return text;
}

}  // namespace

Diagnostics::Diagnostics(std::string file, std::string text)
    : file_(std::move(file)), lines_(split_lines(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text)) {}

Diagnostics::~Diagnostics() = default;

void Diagnostics::error(Mark mark, std::string sentence, std::string expected) {
  const auto same = [&](const Item& item) {  // A node read through several aliases has one mistake, not many.
    return item.mark.line == mark.line && item.mark.column == mark.column && item.sentence == sentence;
  };
  if (std::any_of(items_.begin(), items_.end(), same)) return;
  if (items_.size() == kKept) {
    ++dropped_;
    return;
  }
  items_.push_back({mark, std::move(sentence), std::move(expected)});
}

bool Diagnostics::ok() const { return items_.empty(); }

std::size_t Diagnostics::count() const { return items_.size() + dropped_; }

std::string Diagnostics::render() const {
  std::vector<const Item*> sorted;
  for (const Item& item : items_) sorted.push_back(&item);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Item* left, const Item* right) {
    return std::tie(left->mark.line, left->mark.column) < std::tie(right->mark.line, right->mark.column);
  });
  std::string text;
  for (const Item* item : sorted) {
    if (!text.empty()) text += "\n";
    const std::string place =
        item->mark.line > 0 ? fmt::format(":{}:{}", item->mark.line, item->mark.column) : "";
    text += fmt::format("{}{}: error: {}", printable(file_), place, printable(item->sentence, kSentence));
    const std::string expected = printable(item->expected, kSentence);
    const auto line = static_cast<std::size_t>(std::max(item->mark.line, 0));
    if (line > 0 && line <= lines_.size()) {
      text += "\n" + snippet(item->mark.line, lines_[line - 1], item->mark.column, expected);
    } else if (!expected.empty()) {
      text += fmt::format(" ({})", expected);
    }
  }
  if (dropped_ > 0) text += fmt::format("\n{}: {} more mistakes", printable(file_), dropped_);
  return text;
}

void Diagnostics::check() const {
  if (!ok()) throw Error(render(), Fault::input);
}

}  // namespace candor::yaml
