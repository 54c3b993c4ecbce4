// SPDX-License-Identifier: Apache-2.0
//
// WordprocessingML (ECMA-376) with the parts every word processor expects: styles, a header and a footer with
// the banner, core properties; and the same with a macro (docm).
#include <fmt/format.h>

#include "document/macro.h"
#include "document/office.h"
#include "document/package.h"
#include "document/png.h"

namespace candor::document {

Written write_docx(const Draft& draft);
Written write_docm(const Draft& draft);

namespace {

enum class Macro { without, with };

constexpr const char* kMain = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
constexpr const char* kWord = "application/vnd.openxmlformats-officedocument.wordprocessingml.";

constexpr const char* kStyles =
    "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Title\"><w:name w:val=\"Title\"/><w:basedOn w:val=\"Normal\"/>"
    "<w:rPr><w:b/><w:sz w:val=\"40\"/></w:rPr></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Heading1\"><w:name w:val=\"heading 1\"/>"
    "<w:basedOn w:val=\"Normal\"/><w:rPr><w:b/><w:sz w:val=\"28\"/></w:rPr></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Caption\"><w:name w:val=\"caption\"/>"
    "<w:basedOn w:val=\"Normal\"/><w:rPr><w:b/></w:rPr></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Marking\"><w:name w:val=\"Marking\"/><w:basedOn "
    "w:val=\"Normal\"/>"
    "<w:pPr><w:jc w:val=\"center\"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>";

std::string paragraph(const std::string& text, const char* style = "Normal") {
  return fmt::format(
      "<w:p><w:pPr><w:pStyle w:val=\"{}\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
      style, escaped(text));
}

std::string row(const Item& item) {
  std::string xml = "<w:tr>";
  for (const std::string& cell : item.cells)
    xml += "<w:tc><w:tcPr><w:tcW w:w=\"2300\" w:type=\"dxa\"/></w:tcPr>" +
           paragraph(cell, item.role == Role::head ? "Caption" : "Normal") + "</w:tc>";
  return xml + "</w:tr>";
}

std::string block(const Item& item) {
  switch (item.role) {
    case Role::title:
      return paragraph(item.text, "Title");
    case Role::heading:
      return paragraph(item.text, "Heading1");
    case Role::caption:
      return paragraph(item.text, "Caption");
    case Role::page_break:
      return "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>";
    case Role::head:
    case Role::row:
      return row(item);
    default:
      return paragraph(item.text);
  }
}

std::string table_begin(std::size_t columns) {
  std::string xml =
      "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/><w:tblBorders>"
      "<w:insideH w:val=\"single\" w:sz=\"4\"/><w:insideV w:val=\"single\" w:sz=\"4\"/></w:tblBorders>"
      "</w:tblPr><w:tblGrid>";
  for (std::size_t i = 0; i < columns; ++i) xml += "<w:gridCol w:w=\"2300\"/>";
  return xml + "</w:tblGrid>";
}

std::string blocks(const std::vector<Item>& items) {
  std::string xml;
  bool in_table = false;
  for (const Item& item : items) {
    if (item.cells.empty() == in_table) xml += in_table ? "</w:tbl>" : table_begin(item.cells.size());
    in_table = !item.cells.empty();
    xml += block(item);
  }
  return xml + (in_table ? "</w:tbl>" : "");
}

/// The stamp, in line with the text (DrawingML).
std::string picture() {
  constexpr int kEmuPerPixel = 9525;
  return fmt::format(
      "<w:p><w:r><w:drawing>"
      "<wp:inline xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\">"
      "<wp:extent cx=\"{0}\" cy=\"{1}\"/><wp:docPr id=\"1\" name=\"Stamp\"/>"
      "<a:graphic xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\">"
      "<a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">"
      "<pic:pic xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">"
      "<pic:nvPicPr><pic:cNvPr id=\"1\" name=\"stamp.png\"/><pic:cNvPicPr/></pic:nvPicPr>"
      "<pic:blipFill><a:blip r:embed=\"rId4\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
      "<pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{0}\" cy=\"{1}\"/></a:xfrm>"
      "<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>"
      "</wp:inline></w:drawing></w:r></w:p>",
      kStampWidth * kEmuPerPixel, kStampHeight * kEmuPerPixel);
}

std::string document_part(const std::vector<Item>& items) {
  return fmt::format(
      "{}<w:document {} xmlns:r=\"{}\"><w:body>{}{}"
      "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId2\"/>"
      "<w:footerReference w:type=\"default\" r:id=\"rId3\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>"
      "<w:pgMar w:top=\"1440\" w:right=\"1440\" w:bottom=\"1440\" w:left=\"1440\" w:header=\"708\" "
      "w:footer=\"708\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
      kXml, kMain, kRelations, picture(), blocks(items));
}

std::string header_part(const Draft& draft) {
  return fmt::format("{}<w:hdr {}>{}{}</w:hdr>", kXml, kMain,
                     draft.banner.empty() ? "" : paragraph(draft.banner, "Marking"),
                     paragraph(copy_line(draft)));
}

std::string footer_part(const Draft& draft) {
  return fmt::format("{}<w:ftr {}>{}</w:ftr>", kXml, kMain, paragraph(draft.banner, "Marking"));
}

std::string types(Macro macro) {
  const std::string word = kWord;
  std::vector<PartType> list = {
      {"png", "image/png"},
      {"/word/document.xml", macro == Macro::with ? "application/vnd.ms-word.document.macroEnabled.main+xml"
                                                  : word + "document.main+xml"},
      {"/word/styles.xml", word + "styles+xml"},
      {"/word/header1.xml", word + "header+xml"},
      {"/word/footer1.xml", word + "footer+xml"}};
  if (macro == Macro::with) list.insert(list.begin(), {"bin", "application/vnd.ms-office.vbaProject"});
  return content_types(list);
}

Written write_word(const Draft& draft, Macro macro) {
  const std::vector<Item> items = flow(draft, Banners::elsewhere);
  std::vector<Relation> parts_of_document = {{"/styles", "styles.xml"},
                                             {"/header", "header1.xml"},
                                             {"/footer", "footer1.xml"},
                                             {"/image", "media/image1.png"}};
  if (macro == Macro::with)
    parts_of_document.push_back(
        {"http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin"});
  Parts parts = {
      {"[Content_Types].xml", types(macro)},
      {"_rels/.rels",
       relations({{"/officeDocument", "word/document.xml"},
                  {"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                   "docProps/core.xml"}})},
      {"word/document.xml", document_part(items)},
      {"word/_rels/document.xml.rels", relations(parts_of_document)},
      {"word/styles.xml", fmt::format("{}<w:styles {}>{}</w:styles>", kXml, kMain, kStyles)},
      {"word/header1.xml", header_part(draft)},
      {"word/footer1.xml", footer_part(draft)},
      {"word/media/image1.png", stamp_png(draft)},
      {"docProps/core.xml", core_properties(draft)}};
  if (macro == Macro::with)
    parts.emplace_back("word/vbaProject.bin", macro_project(draft.author, draft.title));
  const std::string banner = draft.banner.empty() ? "" : draft.banner + "\n";
  return {.content = zip_package(parts),
          .text = banner + copy_line(draft) + "\n" + text_of(items) + banner,
          .parts = parts};
}

}  // namespace

Written write_docx(const Draft& draft) { return write_word(draft, Macro::without); }
Written write_docm(const Draft& draft) { return write_word(draft, Macro::with); }

}  // namespace candor::document
