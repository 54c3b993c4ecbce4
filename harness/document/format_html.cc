// SPDX-License-Identifier: Apache-2.0
//
// HTML 5 with a style sheet of its own.
#include "document/html_text.h"

namespace candor::document {

Bytes write_html(const Draft& draft);
Bytes write_html(const Draft& draft) { return to_bytes(draft_as_html(draft)); }

}  // namespace candor::document
