// SPDX-License-Identifier: Apache-2.0
#include "document/html_text.h"

#include <fmt/format.h>

namespace candor::document {

namespace {

constexpr const char* kStyle =
    "body{font-family:serif;max-width:44em;margin:2em auto}\n"
    ".marking{text-align:center;font-weight:bold}\n"
    "section{page-break-after:always}\n";

std::string banner(const Draft& draft) {
  return draft.banner.empty() ? "" : fmt::format("<p class=\"marking\">{}</p>\n", escaped(draft.banner));
}

std::string section(const Draft& draft, const Page& page) {
  std::string html = "<section>\n" + banner(draft) + fmt::format("<h2>{}</h2>\n", escaped(page.heading));
  html += fmt::format("<p class=\"reference\">{}</p>\n", escaped(reference_line(page.token)));
  for (const Paragraph& paragraph : page.paragraphs)
    html += fmt::format("<p>{}{}{}</p>\n", escaped(paragraph.portion), paragraph.portion.empty() ? "" : " ",
                        escaped(paragraph.text));
  return html + banner(draft) + "</section>\n";
}

std::string head(const Draft& draft) {
  std::string html = "<head>\n<meta charset=\"utf-8\">\n";
  html += fmt::format("<title>{}</title>\n<meta name=\"author\" content=\"{}\">\n", escaped(draft.title),
                      escaped(draft.author));
  if (!draft.property_token.empty())
    html += fmt::format("<meta name=\"dc.identifier\" content=\"{}\">\n", draft.property_token);
  return html + fmt::format("<style>\n{}</style>\n</head>\n", kStyle);
}

}  // namespace

std::string draft_as_html(const Draft& draft) {
  std::string html = "<!DOCTYPE html>\n";
  if (!draft.header_token.empty()) html += fmt::format("<!-- registry copy {} -->\n", draft.header_token);
  html += "<html lang=\"en\">\n" + head(draft) + fmt::format("<body>\n<h1>{}</h1>\n", escaped(draft.title));
  html += fmt::format("<p>{}<br>{}, {}</p>\n", escaped(draft.agency), escaped(draft.author), draft.date);
  for (const std::string& line : draft.authority)
    html += fmt::format("<p class=\"authority\">{}</p>\n", escaped(line));
  for (const Page& page : draft.pages) html += section(draft, page);
  return html + fmt::format("<p><small>{}</small></p>\n</body>\n</html>\n", kDisclaimer);
}

}  // namespace candor::document
