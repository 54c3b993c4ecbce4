// SPDX-License-Identifier: Apache-2.0
//
// Comma-separated values (RFC 4180): a record for each item of the document, with its page.
#include "document/charset.h"
#include "document/draft.h"

namespace candor::document {

Written write_csv(const Draft& draft);

namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == field.npos) return field;
  std::string result = "\"";
  for (const char c : field) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string record(const Item& item) {
  std::string line = std::to_string(item.page);
  if (item.cells.empty()) return line + "," + quoted(item.text) + "\r\n";
  for (const std::string& cell : item.cells) line += "," + quoted(cell);
  return line + "\r\n";
}

}  // namespace

Written write_csv(const Draft& draft) {
  const Charset& charset = *find_charset(draft.charset);
  const std::vector<Item> items = flow(draft, Banners::in_text);
  std::string text;
  for (const Item& item : items)
    if (item.role != Role::page_break) text += record(item);
  return {.content = to_bytes(std::string(charset.mark) + encoded(text, charset)),
          .text = text_of(items),
          .parts = {}};
}

}  // namespace candor::document
