// SPDX-License-Identifier: Apache-2.0
//
// The table of formats: to add one, write format_NAME.cc and add its lines here.
#include "document/draft.h"

namespace candor::document {

Bytes write_txt(const Draft& draft);
Bytes write_html(const Draft& draft);
Bytes write_eml(const Draft& draft);
Bytes write_docx(const Draft& draft);

const std::vector<Format>& all_formats() {
  static const std::vector<Format> table = {
      {.name = "txt", .header = false, .property = false, .attachment = false, .write = write_txt},
      {.name = "html", .header = true, .property = true, .attachment = false, .write = write_html},
      {.name = "eml", .header = true, .property = false, .attachment = true, .write = write_eml},
      {.name = "docx", .header = true, .property = true, .attachment = false, .write = write_docx},
  };
  return table;
}

std::string reference_line(const std::string& token) { return "Registry reference " + token; }

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

}  // namespace candor::document
