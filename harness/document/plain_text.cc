// SPDX-License-Identifier: Apache-2.0
#include "document/plain_text.h"

#include <sstream>

namespace candor::document {

namespace {

constexpr std::size_t kColumns = 72;

std::string centred(const std::string& line) {
  if (line.empty()) return "";
  const std::size_t indent = line.size() < kColumns ? (kColumns - line.size()) / 2 : 0;
  return std::string(indent, ' ') + line + "\n";
}

std::string wrapped(const std::string& text) {
  std::istringstream words(text);
  std::string result;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > kColumns) {
      result += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return result + line + "\n";
}

}  // namespace

std::string page_as_text(const Draft& draft, const Page& page) {
  std::string text = centred(draft.banner);
  text += "\n" + page.heading + "\n" + std::string(page.heading.size(), '=') + "\n\n";
  text += reference_line(page.token) + "\n\n";
  for (const Paragraph& paragraph : page.paragraphs)
    text +=
        wrapped(paragraph.portion.empty() ? paragraph.text : paragraph.portion + " " + paragraph.text) + "\n";
  return text + centred(draft.banner);
}

std::string draft_as_text(const Draft& draft) {
  std::string text = draft.title + "\n" + draft.agency + "\n" + draft.author + ", " + draft.date + "\n";
  for (const std::string& line : draft.authority) text += line + "\n";
  for (const Page& page : draft.pages) text += "\n" + page_as_text(draft, page);
  return text + "\n" + wrapped(kDisclaimer);
}

}  // namespace candor::document
