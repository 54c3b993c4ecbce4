// SPDX-License-Identifier: Apache-2.0
//
// Plain text in ASCII with LF.
#include "document/plain_text.h"

namespace candor::document {

Bytes write_txt(const Draft& draft);
Bytes write_txt(const Draft& draft) { return to_bytes(draft_as_text(draft)); }

}  // namespace candor::document
