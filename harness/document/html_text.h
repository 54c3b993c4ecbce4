// SPDX-License-Identifier: Apache-2.0
//
// Pages as HTML 5, for HTML files and mail.
#pragma once

#include <string>
#include <string_view>

#include "document/draft.h"

namespace candor::document {

/// A whole HTML document; canaries of header and property only where the draft has them. `charset` is the
/// label it gives itself; `image` the URL of a picture to show, or "".
[[nodiscard]] std::string draft_as_html(const Draft& draft, std::string_view charset,
                                        const std::string& image);

}  // namespace candor::document
