// SPDX-License-Identifier: Apache-2.0
//
// OpenDocument text (OASIS ODF 1.3): content, a master page with the banner in header and footer, metadata,
// and the stamp as a picture.
#include <fmt/format.h>

#include "document/office.h"
#include "document/package.h"
#include "document/png.h"

namespace candor::document {

Written write_odt(const Draft& draft);

namespace {

constexpr const char* kMime = "application/vnd.oasis.opendocument.text";
constexpr const char* kStamp = "Pictures/stamp.png";
constexpr const char* kSpaces =
    "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "
    "xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" "
    "xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" "
    "xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" "
    "xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" "
    "xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" "
    "xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" "
    "xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" "
    "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
    "office:version=\"1.3\"";

std::string paragraph(const std::string& text, const char* style) {
  return fmt::format("<text:p text:style-name=\"{}\">{}</text:p>", style, escaped(text));
}

std::string heading(const std::string& text, int level) {
  return fmt::format("<text:h text:outline-level=\"{0}\" text:style-name=\"Heading{0}\">{1}</text:h>", level,
                     escaped(text));
}

std::string row(const Item& item) {
  std::string xml = "<table:table-row>";
  for (const std::string& cell : item.cells)
    xml += "<table:table-cell office:value-type=\"string\">" + paragraph(cell, "Standard") +
           "</table:table-cell>";
  return xml + "</table:table-row>";
}

std::string block(const Item& item) {
  switch (item.role) {
    case Role::title:
      return heading(item.text, 1);
    case Role::heading:
      return heading(item.text, 2);
    case Role::caption:
      return heading(item.text, 3);
    case Role::page_break:
      return "<text:p text:style-name=\"Break\"/>";
    case Role::head:
    case Role::row:
      return row(item);
    default:
      return paragraph(item.text, "Standard");
  }
}

std::string blocks(const std::vector<Item>& items) {
  std::string xml;
  bool in_table = false;
  int tables = 0;
  for (const Item& item : items) {
    if (item.cells.empty() == in_table)
      xml += in_table ? "</table:table>"
                      : fmt::format(
                            "<table:table table:name=\"Table{}\"><table:table-column "
                            "table:number-columns-repeated=\"{}\"/>",
                            ++tables, item.cells.size());
    in_table = !item.cells.empty();
    xml += block(item);
  }
  return xml + (in_table ? "</table:table>" : "");
}

std::string picture() {
  return fmt::format(
      "<text:p text:style-name=\"Standard\"><draw:frame draw:name=\"Stamp\" text:anchor-type=\"as-char\" "
      "svg:width=\"{}pt\" svg:height=\"{}pt\"><draw:image xlink:href=\"{}\" xlink:type=\"simple\" "
      "xlink:show=\"embed\" xlink:actuate=\"onLoad\"/></draw:frame></text:p>",
      kStampWidth, kStampHeight, kStamp);
}

std::string content(const std::vector<Item>& items) {
  return fmt::format(
      "{}<office:document-content {}><office:automatic-styles><style:style style:name=\"Break\" "
      "style:family=\"paragraph\"><style:paragraph-properties fo:break-before=\"page\"/></style:style>"
      "</office:automatic-styles><office:body><office:text>{}{}</office:text></office:body>"
      "</office:document-content>",
      kXml, kSpaces, picture(), blocks(items));
}

std::string heading_style(int level, int points) {
  return fmt::format(
      "<style:style style:name=\"Heading{}\" style:family=\"paragraph\"><style:text-properties "
      "fo:font-size=\"{}pt\" fo:font-weight=\"bold\"/></style:style>",
      level, points);
}

std::string styles(const Draft& draft) {
  const std::string banner = draft.banner.empty() ? "" : paragraph(draft.banner, "Marking");
  return fmt::format(
      "{}<office:document-styles {}><office:styles><style:style style:name=\"Standard\" "
      "style:family=\"paragraph\"/><style:style style:name=\"Marking\" style:family=\"paragraph\">"
      "<style:paragraph-properties fo:text-align=\"center\"/><style:text-properties fo:font-weight=\"bold\"/>"
      "</style:style>{}{}{}</office:styles><office:automatic-styles><style:page-layout style:name=\"Page\">"
      "<style:page-layout-properties fo:page-width=\"21cm\" fo:page-height=\"29.7cm\" fo:margin=\"2cm\"/>"
      "<style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>"
      "<office:master-styles><style:master-page style:name=\"Standard\" style:page-layout-name=\"Page\">"
      "<style:header>{}{}</style:header><style:footer>{}</style:footer></style:master-page>"
      "</office:master-styles></office:document-styles>",
      kXml, kSpaces, heading_style(1, 20), heading_style(2, 14), heading_style(3, 11), banner,
      paragraph(copy_line(draft), "Standard"), banner);
}

std::string metadata(const Draft& draft) {
  return fmt::format(
      "{}<office:document-meta {}><office:meta><dc:title>{}</dc:title><meta:initial-creator>{}"
      "</meta:initial-creator><meta:keyword>{}</meta:keyword><meta:creation-date>{}T09:00:00"
      "</meta:creation-date></office:meta></office:document-meta>",
      kXml, kSpaces, escaped(draft.title), escaped(draft.author), draft.property_token, draft.date);
}

std::string manifest() {
  std::string xml =
      std::string(kXml) +
      "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" "
      "manifest:version=\"1.3\">";
  const std::pair<const char*, const char*> files[] = {{"/", kMime},
                                                       {"content.xml", "text/xml"},
                                                       {"styles.xml", "text/xml"},
                                                       {"meta.xml", "text/xml"},
                                                       {kStamp, "image/png"}};
  for (const auto& [path, type] : files)
    xml += fmt::format("<manifest:file-entry manifest:full-path=\"{}\" manifest:media-type=\"{}\"/>", path,
                       type);
  return xml + "</manifest:manifest>";
}

}  // namespace

Written write_odt(const Draft& draft) {
  const std::vector<Item> items = flow(draft, Banners::elsewhere);
  const Parts parts = {{"mimetype", kMime},           {"content.xml", content(items)},
                       {"styles.xml", styles(draft)}, {"meta.xml", metadata(draft)},
                       {kStamp, stamp_png(draft)},    {"META-INF/manifest.xml", manifest()}};
  const std::string banner = draft.banner.empty() ? "" : draft.banner + "\n";
  return {.content = zip_package(parts),
          .text = banner + copy_line(draft) + "\n" + text_of(items) + banner,
          .parts = parts};
}

}  // namespace candor::document
