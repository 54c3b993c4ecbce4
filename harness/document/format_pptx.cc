// SPDX-License-Identifier: Apache-2.0
//
// PresentationML (ECMA-376): a slide for each page, on one master and layout; the banner at the top of each
// slide, the copy's number at its foot.
#include <fmt/format.h>

#include "document/office.h"
#include "document/package.h"

namespace candor::document {

Written write_pptx(const Draft& draft);

namespace {

constexpr const char* kShow = "application/vnd.openxmlformats-officedocument.presentationml.";
constexpr const char* kSpaces =
    "xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" "
    "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" "
    "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
/// The group every tree of shapes begins with.
constexpr const char* kGroup =
    "<p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>";
constexpr const char* kTheme =
    "<a:themeElements><a:clrScheme name=\"Plain\">"
    "<a:dk1><a:srgbClr val=\"000000\"/></a:dk1><a:lt1><a:srgbClr val=\"FFFFFF\"/></a:lt1>"
    "<a:dk2><a:srgbClr val=\"333333\"/></a:dk2><a:lt2><a:srgbClr val=\"EEEEEE\"/></a:lt2>"
    "<a:accent1><a:srgbClr val=\"4472C4\"/></a:accent1><a:accent2><a:srgbClr val=\"ED7D31\"/></a:accent2>"
    "<a:accent3><a:srgbClr val=\"A5A5A5\"/></a:accent3><a:accent4><a:srgbClr val=\"FFC000\"/></a:accent4>"
    "<a:accent5><a:srgbClr val=\"5B9BD5\"/></a:accent5><a:accent6><a:srgbClr val=\"70AD47\"/></a:accent6>"
    "<a:hlink><a:srgbClr val=\"0563C1\"/></a:hlink><a:folHlink><a:srgbClr val=\"954F72\"/></a:folHlink>"
    "</a:clrScheme><a:fontScheme name=\"Plain\">"
    "<a:majorFont><a:latin typeface=\"DejaVu Sans\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/></a:majorFont>"
    "<a:minorFont><a:latin typeface=\"DejaVu Sans\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/></a:minorFont>"
    "</a:fontScheme><a:fmtScheme name=\"Plain\">"
    "<a:fillStyleLst><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill><a:solidFill><a:schemeClr "
    "val=\"phClr\"/></a:solidFill><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill></a:fillStyleLst>"
    "<a:lnStyleLst><a:ln w=\"6350\"/><a:ln w=\"12700\"/><a:ln w=\"19050\"/></a:lnStyleLst>"
    "<a:effectStyleLst><a:effectStyle><a:effectLst/></a:effectStyle><a:effectStyle><a:effectLst/>"
    "</a:effectStyle><a:effectStyle><a:effectLst/></a:effectStyle></a:effectStyleLst>"
    "<a:bgFillStyleLst><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill><a:solidFill><a:schemeClr "
    "val=\"phClr\"/></a:solidFill><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill></a:bgFillStyleLst>"
    "</a:fmtScheme></a:themeElements>";

struct Box {
  int id;
  const char* name;
  int top;  ///< In EMU (914400 to the inch).
  int height;
};

constexpr Box kBanner = {2, "Banner", 100000, 300000};
constexpr Box kBody = {3, "Body", 400000, 6000000};
constexpr Box kFoot = {4, "Foot", 6480000, 300000};

std::string paragraph(const std::string& text, int size, bool bold) {
  return fmt::format("<a:p><a:r><a:rPr lang=\"en-GB\" sz=\"{}\" b=\"{}\"/><a:t>{}</a:t></a:r></a:p>", size,
                     bold ? 1 : 0, escaped(text));
}

std::string box(const Box& box, const std::string& paragraphs) {
  return fmt::format(
      "<p:sp><p:nvSpPr><p:cNvPr id=\"{}\" name=\"{}\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr>"
      "<p:spPr><a:xfrm><a:off x=\"300000\" y=\"{}\"/><a:ext cx=\"11600000\" cy=\"{}\"/></a:xfrm>"
      "<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr>"
      "<p:txBody><a:bodyPr wrap=\"square\"/><a:lstStyle/>{}</p:txBody></p:sp>",
      box.id, box.name, box.top, box.height, paragraphs);
}

std::string body(const std::vector<Item>& items, int page) {
  std::string xml;
  for (const Item& item : items) {
    if (item.page != page || item.role == Role::page_break) continue;
    std::string text = item.text;
    for (const std::string& cell : item.cells) text += (text.empty() ? "" : " | ") + cell;
    const bool large = item.role == Role::title || item.role == Role::heading;
    xml += paragraph(text, large ? 1600 : 900, large || item.role == Role::head);
  }
  return xml;
}

std::string slide(const Draft& draft, const std::vector<Item>& items, int page) {
  std::string shapes = draft.banner.empty() ? "" : box(kBanner, paragraph(draft.banner, 1000, true));
  shapes += box(kBody, body(items, page)) + box(kFoot, paragraph(copy_line(draft), 800, false));
  return fmt::format("{}<p:sld {}><p:cSld><p:spTree>{}{}</p:spTree></p:cSld></p:sld>", kXml, kSpaces, kGroup,
                     shapes);
}

std::string master() {
  return fmt::format(
      "{}<p:sldMaster {}><p:cSld><p:spTree>{}</p:spTree></p:cSld><p:clrMap bg1=\"lt1\" tx1=\"dk1\" "
      "bg2=\"lt2\" "
      "tx2=\"dk2\" accent1=\"accent1\" accent2=\"accent2\" accent3=\"accent3\" accent4=\"accent4\" "
      "accent5=\"accent5\" accent6=\"accent6\" hlink=\"hlink\" folHlink=\"folHlink\"/>"
      "<p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"rId1\"/></p:sldLayoutIdLst></p:sldMaster>",
      kXml, kSpaces, kGroup);
}

std::string layout() {
  return fmt::format(
      "{}<p:sldLayout {} type=\"blank\"><p:cSld><p:spTree>{}</p:spTree></p:cSld></p:sldLayout>", kXml,
      kSpaces, kGroup);
}

std::string presentation(std::size_t slides) {
  std::string list;
  for (std::size_t i = 0; i < slides; ++i)
    list += fmt::format("<p:sldId id=\"{}\" r:id=\"rId{}\"/>", 256 + i, i + 2);
  return fmt::format(
      "{}<p:presentation {}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" "
      "r:id=\"rId1\"/></p:sldMasterIdLst>"
      "<p:sldIdLst>{}</p:sldIdLst><p:sldSz cx=\"12192000\" cy=\"6858000\"/>"
      "<p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>",
      kXml, kSpaces, list);
}

std::string theme() {
  return fmt::format(
      "{}<a:theme xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" "
      "name=\"Plain\">{}</a:theme>",
      kXml, kTheme);
}

}  // namespace

Written write_pptx(const Draft& draft) {
  const std::vector<Item> items = flow(draft, Banners::elsewhere);
  const std::string show = kShow;
  std::vector<PartType> types = {
      {"/ppt/presentation.xml", show + "presentation.main+xml"},
      {"/ppt/slideMasters/slideMaster1.xml", show + "slideMaster+xml"},
      {"/ppt/slideLayouts/slideLayout1.xml", show + "slideLayout+xml"},
      {"/ppt/theme/theme1.xml", "application/vnd.openxmlformats-officedocument.theme+xml"}};
  std::vector<Relation> links = {{"/slideMaster", "slideMasters/slideMaster1.xml"}};
  Parts slides;
  for (int page = 1; page <= static_cast<int>(draft.pages.size()); ++page) {
    const std::string name = fmt::format("slides/slide{}.xml", page);
    slides.emplace_back("ppt/" + name, slide(draft, items, page));
    slides.emplace_back(fmt::format("ppt/slides/_rels/slide{}.xml.rels", page),
                        relations({{"/slideLayout", "../slideLayouts/slideLayout1.xml"}}));
    types.push_back({"/ppt/" + name, show + "slide+xml"});
    links.push_back({"/slide", name});
  }
  Parts parts = {
      {"[Content_Types].xml", content_types(types)},
      {"_rels/.rels",
       relations({{"/officeDocument", "ppt/presentation.xml"},
                  {"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                   "docProps/core.xml"}})},
      {"ppt/presentation.xml", presentation(draft.pages.size())},
      {"ppt/_rels/presentation.xml.rels", relations(links)},
      {"ppt/slideMasters/slideMaster1.xml", master()},
      {"ppt/slideMasters/_rels/slideMaster1.xml.rels",
       relations({{"/slideLayout", "../slideLayouts/slideLayout1.xml"}, {"/theme", "../theme/theme1.xml"}})},
      {"ppt/slideLayouts/slideLayout1.xml", layout()},
      {"ppt/slideLayouts/_rels/slideLayout1.xml.rels",
       relations({{"/slideMaster", "../slideMasters/slideMaster1.xml"}})},
      {"ppt/theme/theme1.xml", theme()}};
  parts.insert(parts.end(), slides.begin(), slides.end());
  parts.emplace_back("docProps/core.xml", core_properties(draft));
  return {
      .content = zip_package(parts),
      .text = (draft.banner.empty() ? "" : draft.banner + "\n") + text_of(items) + copy_line(draft) + "\n",
      .parts = parts};
}

}  // namespace candor::document
