// SPDX-License-Identifier: Apache-2.0
//
// The table of formats: to add one, write format_NAME.cc and add its lines here.
#include "document/draft.h"

namespace candor::document {

Written write_txt(const Draft& draft);
Written write_csv(const Draft& draft);
Written write_html(const Draft& draft);
Written write_rtf(const Draft& draft);
Written write_eml(const Draft& draft);
Written write_docx(const Draft& draft);
Written write_docm(const Draft& draft);
Written write_xlsx(const Draft& draft);
Written write_pptx(const Draft& draft);
Written write_odt(const Draft& draft);
Written write_pdf(const Draft& draft);
Written write_png(const Draft& draft);
Written write_zip(const Draft& draft);
Written write_zip_encrypted(const Draft& draft);
Written write_zip_aes(const Draft& draft);
Written write_7z(const Draft& draft);
Written write_tar_gz(const Draft& draft);

const std::vector<Format>& all_formats() {
  constexpr Places kOffice = {.header = true, .property = true, .image = true};
  constexpr Places kSheets = {.header = true, .property = true};
  constexpr Places kComment = {.comment = true};
  static const std::vector<Format> table = {
      {.name = "txt", .extension = "txt", .charset = true, .write = write_txt},
      {.name = "csv", .extension = "csv", .charset = true, .write = write_csv},
      {.name = "html", .extension = "html", .places = kOffice, .charset = true, .write = write_html},
      {.name = "rtf", .extension = "rtf", .places = kSheets, .write = write_rtf},
      {.name = "eml",
       .extension = "eml",
       .places = {.header = true, .attachment = true, .image = true},
       .charset = true,
       .write = write_eml},
      {.name = "docx", .extension = "docx", .places = kOffice, .write = write_docx},
      {.name = "docm", .extension = "docm", .places = kOffice, .write = write_docm},
      {.name = "xlsx", .extension = "xlsx", .places = kSheets, .write = write_xlsx},
      {.name = "pptx", .extension = "pptx", .places = kSheets, .write = write_pptx},
      {.name = "odt", .extension = "odt", .places = kOffice, .write = write_odt},
      {.name = "pdf", .extension = "pdf", .places = kSheets, .drawn = true, .write = write_pdf},
      {.name = "png",
       .extension = "png",
       .places = {.image = true},
       .drawn = true,
       .one_page = true,
       .write = write_png},
      {.name = "zip",
       .extension = "zip",
       .places = kComment,
       .charset = true,
       .archive = true,
       .write = write_zip},
      {.name = "zip-encrypted",
       .extension = "zip",
       .places = kComment,
       .charset = true,
       .encrypted = true,
       .archive = true,
       .write = write_zip_encrypted},
      {.name = "zip-aes",
       .extension = "zip",
       .places = kComment,
       .charset = true,
       .encrypted = true,
       .archive = true,
       .write = write_zip_aes},
      {.name = "7z", .extension = "7z", .charset = true, .archive = true, .write = write_7z},
      {.name = "tar.gz",
       .extension = "tar.gz",
       .places = kComment,
       .charset = true,
       .archive = true,
       .write = write_tar_gz},
  };
  return table;
}

const Format* find_format(std::string_view name) {
  for (const Format& format : all_formats())
    if (format.name == name) return &format;
  return nullptr;
}

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
