// SPDX-License-Identifier: Apache-2.0
//
// HTML 5 with a style sheet of its own and the stamp as a data: URL (RFC 2397).
#include "document/charset.h"
#include "document/html_text.h"
#include "document/png.h"

namespace candor::document {

Written write_html(const Draft& draft);

Written write_html(const Draft& draft) {
  const Charset& charset = *find_charset(draft.charset);
  const std::string stamp = stamp_png(draft);
  const std::string html =
      draft_as_html(draft, charset.label, "data:image/png;base64," + to_base64(as_bytes(stamp)));
  return {.content = to_bytes(std::string(charset.mark) + encoded(html, charset)),
          .text = text_of(flow(draft, Banners::in_text)),
          .parts = {{"image.png", stamp}}};
}

}  // namespace candor::document
