// SPDX-License-Identifier: Apache-2.0
//
// Plain text of 72 columns.
#include "document/charset.h"
#include "document/plain_text.h"

namespace candor::document {

Written write_txt(const Draft& draft);

Written write_txt(const Draft& draft) {
  const Charset& charset = *find_charset(draft.charset);
  const std::vector<Item> items = flow(draft, Banners::in_text);
  return {.content = to_bytes(std::string(charset.mark) + encoded(as_plain_text(items), charset)),
          .text = text_of(items),
          .parts = {}};
}

}  // namespace candor::document
