// SPDX-License-Identifier: Apache-2.0
//
// SpreadsheetML (ECMA-376): a sheet for each page, texts in the shared strings, the banner in the sheets'
// printed headers.
#include <fmt/format.h>

#include <map>

#include "document/office.h"
#include "document/package.h"

namespace candor::document {

Written write_xlsx(const Draft& draft);

namespace {

constexpr const char* kMain = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
constexpr const char* kSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.";

/// Each text once, numbered in the order of first use.
class SharedStrings {
 public:
  std::size_t index(const std::string& text) {
    const auto [found, fresh] = indexes_.emplace(text, indexes_.size());
    if (fresh) xml_ += fmt::format("<si><t xml:space=\"preserve\">{}</t></si>", escaped(text));
    return found->second;
  }
  [[nodiscard]] std::string part() const {
    return fmt::format("{}<sst {} uniqueCount=\"{}\">{}</sst>", kXml, kMain, indexes_.size(), xml_);
  }

 private:
  std::map<std::string, std::size_t> indexes_;
  std::string xml_;
};

std::string row(int number, const Cells& cells, SharedStrings& strings) {
  std::string xml = fmt::format("<row r=\"{}\">", number);
  for (std::size_t i = 0; i < cells.size(); ++i)
    xml += fmt::format("<c r=\"{}{}\" t=\"s\"><v>{}</v></c>", static_cast<char>('A' + i), number,
                       strings.index(cells[i]));
  return xml + "</row>";
}

std::string sheet(const Draft& draft, const std::vector<Item>& items, int page, SharedStrings& strings) {
  std::string rows;
  int number = 0;
  for (const Item& item : items) {
    if (item.page != page || item.role == Role::page_break) continue;
    rows += row(++number, item.cells.empty() ? Cells{item.text} : item.cells, strings);
  }
  return fmt::format(
      "{}<worksheet {}><cols><col min=\"1\" max=\"4\" width=\"28\" customWidth=\"1\"/></cols>"
      "<sheetData>{}</sheetData><headerFooter><oddHeader>&amp;C{}&amp;R{}</oddHeader>"
      "<oddFooter>&amp;C{}</oddFooter></headerFooter></worksheet>",
      kXml, kMain, rows, escaped(draft.banner), copy_line(draft), escaped(draft.banner));
}

std::string workbook(std::size_t sheets) {
  std::string list;
  for (std::size_t i = 1; i <= sheets; ++i)
    list += fmt::format("<sheet name=\"{0}\" sheetId=\"{0}\" r:id=\"rId{0}\"/>", i);
  return fmt::format("{}<workbook {} xmlns:r=\"{}\"><sheets>{}</sheets></workbook>", kXml, kMain, kRelations,
                     list);
}

constexpr const char* kStyles =
    "<fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
    "<fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills>"
    "<borders count=\"1\"><border/></borders>"
    "<cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"1\"><xf/></cellXfs>";

}  // namespace

Written write_xlsx(const Draft& draft) {
  const std::vector<Item> items = flow(draft, Banners::elsewhere);
  const std::string sheet_type = kSheet;
  SharedStrings strings;
  Parts sheets;
  std::vector<PartType> types = {{"/xl/workbook.xml", sheet_type + "sheet.main+xml"},
                                 {"/xl/styles.xml", sheet_type + "styles+xml"},
                                 {"/xl/sharedStrings.xml", sheet_type + "sharedStrings+xml"}};
  std::vector<Relation> links;
  for (int page = 1; page <= static_cast<int>(draft.pages.size()); ++page) {
    const std::string name = fmt::format("worksheets/sheet{}.xml", page);
    sheets.emplace_back("xl/" + name, sheet(draft, items, page, strings));
    types.push_back({"/xl/" + name, sheet_type + "worksheet+xml"});
    links.push_back({"/worksheet", name});
  }
  links.push_back({"/styles", "styles.xml"});
  links.push_back({"/sharedStrings", "sharedStrings.xml"});
  Parts parts = {
      {"[Content_Types].xml", content_types(types)},
      {"_rels/.rels",
       relations({{"/officeDocument", "xl/workbook.xml"},
                  {"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
                   "docProps/core.xml"}})},
      {"xl/workbook.xml", workbook(sheets.size())},
      {"xl/_rels/workbook.xml.rels", relations(links)}};
  parts.insert(parts.end(), sheets.begin(), sheets.end());
  parts.emplace_back("xl/styles.xml", fmt::format("{}<styleSheet {}>{}</styleSheet>", kXml, kMain, kStyles));
  parts.emplace_back("xl/sharedStrings.xml", strings.part());
  parts.emplace_back("docProps/core.xml", core_properties(draft));
  return {
      .content = zip_package(parts),
      .text = (draft.banner.empty() ? "" : draft.banner + "\n") + copy_line(draft) + "\n" + text_of(items),
      .parts = parts};
}

}  // namespace candor::document
