// SPDX-License-Identifier: Apache-2.0
//
// What packages of Office Open XML (ECMA-376) have in common.
#pragma once

#include <string>
#include <vector>

#include "document/draft.h"

namespace candor::document {

inline constexpr const char* kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
inline constexpr const char* kRelations =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A content type of one part; a path without '/' is a file extension.
struct PartType {
  std::string part;
  std::string type;
};
struct Relation {
  std::string type;  ///< A whole URL, or what follows kRelations.
  std::string target;
};

[[nodiscard]] std::string content_types(const std::vector<PartType>& types);
/// Ids are rId1, rId2 … in this order.
[[nodiscard]] std::string relations(const std::vector<Relation>& list);
/// docProps/core.xml: title, author, keywords with the property canary, date.
[[nodiscard]] std::string core_properties(const Draft& draft);

}  // namespace candor::document
