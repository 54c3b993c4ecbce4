// SPDX-License-Identifier: Apache-2.0
#include "document/html_text.h"

#include <fmt/format.h>

namespace candor::document {

namespace {

constexpr const char* kStyle =
    "body{font-family:serif;max-width:44em;margin:2em auto}\n"
    ".banner{text-align:center;font-weight:bold}\n"
    "table{border-collapse:collapse}td,th{border:1px solid;padding:.2em .5em}\n"
    "section{page-break-after:always}\n";

std::string row(const Item& item) {
  const char* tag = item.role == Role::head ? "th" : "td";
  std::string html = "<tr>";
  for (const std::string& cell : item.cells) html += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
  return html + "</tr>\n";
}

std::string element(const Item& item) {
  const std::string text = escaped(item.text);
  switch (item.role) {
    case Role::banner:
      return "<p class=\"banner\">" + text + "</p>\n";
    case Role::title:
      return "<h1>" + text + "</h1>\n";
    case Role::heading:
      return "<h2>" + text + "</h2>\n";
    case Role::caption:
      return "<h3>" + text + "</h3>\n";
    case Role::reference:
      return "<p class=\"reference\">" + text + "</p>\n";
    case Role::disclaimer:
      return "<p><small>" + text + "</small></p>\n";
    case Role::page_break:
      return "</section>\n<section>\n";
    case Role::head:
    case Role::row:
      return row(item);
    default:
      return "<p>" + text + "</p>\n";
  }
}

std::string body(const std::vector<Item>& items) {
  std::string html = "<section>\n";
  bool in_table = false;
  for (const Item& item : items) {
    if (item.cells.empty() == in_table) html += in_table ? "</table>\n" : "<table>\n";
    in_table = !item.cells.empty();
    html += element(item);
  }
  return html + (in_table ? "</table>\n" : "") + "</section>\n";
}

std::string head(const Draft& draft, std::string_view charset) {
  std::string html = fmt::format("<head>\n<meta charset=\"{}\">\n", charset);
  html += fmt::format("<title>{}</title>\n<meta name=\"author\" content=\"{}\">\n", escaped(draft.title),
                      escaped(draft.author));
  if (!draft.property_token.empty())
    html += fmt::format("<meta name=\"dc.identifier\" content=\"{}\">\n", draft.property_token);
  return html + fmt::format("<style>\n{}</style>\n</head>\n", kStyle);
}

}  // namespace

std::string draft_as_html(const Draft& draft, std::string_view charset, const std::string& image) {
  std::string html = "<!DOCTYPE html>\n";
  if (!draft.header_token.empty()) html += fmt::format("<!-- registry copy {} -->\n", draft.header_token);
  html +=
      fmt::format("<html lang=\"{}\">\n", language_tag(draft.language)) + head(draft, charset) + "<body>\n";
  if (!image.empty()) html += fmt::format("<p><img alt=\"\" src=\"{}\"></p>\n", image);
  return html + body(flow(draft, Banners::in_text)) + "</body>\n</html>\n";
}

}  // namespace candor::document
