// SPDX-License-Identifier: Apache-2.0
#include "document/office.h"

#include <fmt/format.h>

namespace candor::document {

std::string content_types(const std::vector<PartType>& types) {
  std::string xml = std::string(kXml) +
                    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
                    "<Default Extension=\"rels\" "
                    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>";
  for (const auto& [part, type] : types)
    xml += part.starts_with('/') ? fmt::format("<Override PartName=\"{}\" ContentType=\"{}\"/>", part, type)
                                 : fmt::format("<Default Extension=\"{}\" ContentType=\"{}\"/>", part, type);
  return xml +
         "<Override PartName=\"/docProps/core.xml\" "
         "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>";
}

std::string relations(const std::vector<Relation>& list) {
  std::string xml = std::string(kXml) +
                    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string type = list[i].type.starts_with("http") ? list[i].type : kRelations + list[i].type;
    xml += fmt::format("<Relationship Id=\"rId{}\" Type=\"{}\" Target=\"{}\"/>", i + 1, type, list[i].target);
  }
  return xml + "</Relationships>";
}

std::string core_properties(const Draft& draft) {
  return fmt::format(
      "{}<cp:coreProperties "
      "xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" "
      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title>"
      "<dc:creator>{}</dc:creator><cp:keywords>{}</cp:keywords>"
      "<dcterms:created xsi:type=\"dcterms:W3CDTF\">{}T09:00:00Z</dcterms:created></cp:coreProperties>",
      kXml, escaped(draft.title), escaped(draft.author), draft.property_token, draft.date);
}

}  // namespace candor::document
