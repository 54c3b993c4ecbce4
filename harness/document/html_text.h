// SPDX-License-Identifier: Apache-2.0
//
// Pages as HTML, for HTML files and mail.
#pragma once

#include <string>

#include "document/draft.h"

namespace candor::document {

/// A whole HTML document; canaries of header and property only where the draft has them.
[[nodiscard]] std::string draft_as_html(const Draft& draft);

}  // namespace candor::document
