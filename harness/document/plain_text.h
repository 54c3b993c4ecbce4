// SPDX-License-Identifier: Apache-2.0
//
// Items as plain text of at most 72 columns, for text files and mail. Lines end in LF.
#pragma once

#include <string>
#include <vector>

#include "document/draft.h"

namespace candor::document {

/// Banners centred, headings underlined, tables in columns.
[[nodiscard]] std::string as_plain_text(const std::vector<Item>& items);

}  // namespace candor::document
