// SPDX-License-Identifier: Apache-2.0
//
// WordprocessingML (ECMA-376) with the parts every word processor expects: styles, a header and a footer with
// the banner, core properties.
#include <fmt/format.h>

#include "document/draft.h"
#include "document/package.h"

namespace candor::document {

Bytes write_docx(const Draft& draft);

namespace {

constexpr const char* kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr const char* kContentTypes =
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument."
    "wordprocessingml.document.main+xml\"/>"
    "<Override PartName=\"/word/styles.xml\" ContentType=\"application/vnd.openxmlformats-officedocument."
    "wordprocessingml.styles+xml\"/>"
    "<Override PartName=\"/word/header1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument."
    "wordprocessingml.header+xml\"/>"
    "<Override PartName=\"/word/footer1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument."
    "wordprocessingml.footer+xml\"/>"
    "<Override PartName=\"/docProps/core.xml\" "
    "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>"
    "</Types>";
constexpr const char* kPackageRelations =
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    "officeDocument\" Target=\"word/document.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
    "core-properties\" Target=\"docProps/core.xml\"/>"
    "</Relationships>";
constexpr const char* kDocumentRelations =
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    "styles\" Target=\"styles.xml\"/>"
    "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    "header\" Target=\"header1.xml\"/>"
    "<Relationship Id=\"rId3\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    "footer\" Target=\"footer1.xml\"/>"
    "</Relationships>";
constexpr const char* kMain = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

constexpr const char* kStyles =
    "<w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Title\"><w:name w:val=\"Title\"/><w:basedOn w:val=\"Normal\"/>"
    "<w:rPr><w:b/><w:sz w:val=\"40\"/></w:rPr></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Heading1\"><w:name w:val=\"heading 1\"/>"
    "<w:basedOn w:val=\"Normal\"/><w:rPr><w:b/><w:sz w:val=\"28\"/></w:rPr></w:style>"
    "<w:style w:type=\"paragraph\" w:styleId=\"Marking\"><w:name w:val=\"Marking\"/><w:basedOn "
    "w:val=\"Normal\"/>"
    "<w:pPr><w:jc w:val=\"center\"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>";

std::string paragraph(const std::string& text, const char* style = "Normal") {
  return fmt::format(
      "<w:p><w:pPr><w:pStyle w:val=\"{}\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
      style, escaped(text));
}

std::string page_break() { return "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>"; }

std::string page_body(const Page& page) {
  std::string xml = paragraph(page.heading, "Heading1") + paragraph(reference_line(page.token));
  for (const Paragraph& each : page.paragraphs)
    xml += paragraph(each.portion.empty() ? each.text : each.portion + " " + each.text);
  return xml;
}

std::string document_part(const Draft& draft) {
  std::string body = paragraph(draft.title, "Title") + paragraph(draft.agency);
  body += paragraph(draft.author + ", " + draft.date);
  for (const std::string& line : draft.authority) body += paragraph(line);
  for (std::size_t i = 0; i < draft.pages.size(); ++i)
    body += (i == 0 ? "" : page_break()) + page_body(draft.pages[i]);
  body += paragraph(kDisclaimer);
  return fmt::format(
      "{}<w:document {} "
      "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body>{}"
      "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId2\"/>"
      "<w:footerReference w:type=\"default\" r:id=\"rId3\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>"
      "<w:pgMar w:top=\"1440\" w:right=\"1440\" w:bottom=\"1440\" w:left=\"1440\" w:header=\"708\" "
      "w:footer=\"708\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
      kXml, kMain, body);
}

std::string header_part(const Draft& draft) {
  return fmt::format("{}<w:hdr {}>{}{}</w:hdr>", kXml, kMain,
                     draft.banner.empty() ? "" : paragraph(draft.banner, "Marking"),
                     paragraph("Copy " + draft.header_token));
}

std::string footer_part(const Draft& draft) {
  return fmt::format("{}<w:ftr {}>{}</w:ftr>", kXml, kMain, paragraph(draft.banner, "Marking"));
}

std::string core_part(const Draft& draft) {
  return fmt::format(
      "{}<cp:coreProperties "
      "xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title><dc:creator>{}</"
      "dc:creator>"
      "<cp:keywords>{}</cp:keywords><dcterms:created "
      "xsi:type=\"dcterms:W3CDTF\">{}T09:00:00Z</dcterms:created>"
      "</cp:coreProperties>",
      kXml, escaped(draft.title), escaped(draft.author), draft.property_token, draft.date);
}

}  // namespace

Bytes write_docx(const Draft& draft) {
  return zip_package({{"[Content_Types].xml", std::string(kXml) + kContentTypes},
                      {"_rels/.rels", std::string(kXml) + kPackageRelations},
                      {"word/document.xml", document_part(draft)},
                      {"word/_rels/document.xml.rels", std::string(kXml) + kDocumentRelations},
                      {"word/styles.xml", fmt::format("{}<w:styles {}>{}</w:styles>", kXml, kMain, kStyles)},
                      {"word/header1.xml", header_part(draft)},
                      {"word/footer1.xml", footer_part(draft)},
                      {"docProps/core.xml", core_part(draft)}});
}

}  // namespace candor::document
