// SPDX-License-Identifier: Apache-2.0
//
// Pages as plain text of at most 72 columns, for text files and mail.
#pragma once

#include <string>

#include "document/draft.h"

namespace candor::document {

/// Lines end in LF.
[[nodiscard]] std::string page_as_text(const Draft& draft, const Page& page);
/// Title, authority block, all pages, and the line that says it is fictional.
[[nodiscard]] std::string draft_as_text(const Draft& draft);

}  // namespace candor::document
