// SPDX-License-Identifier: Apache-2.0
//
// PDF by cairo, with embedded fonts and metadata.
#include <cairo-pdf.h>

#include "document/page_drawing.h"
#include "document/png.h"

namespace candor::document {

Written write_pdf(const Draft& draft);

namespace {

cairo_status_t append(void* bytes, const unsigned char* data, unsigned length) {
  auto& content = *static_cast<Bytes*>(bytes);
  content.insert(content.end(), data, data + length);
  return CAIRO_STATUS_SUCCESS;
}

void set_metadata(cairo_surface_t* pdf, const Draft& draft) {
  const std::string created = draft.date + "T09:00:00Z";
  cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE, draft.title.c_str());
  cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_AUTHOR, draft.author.c_str());
  cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_KEYWORDS, draft.property_token.c_str());
  cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, created.c_str());
  cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_MOD_DATE, created.c_str());
}

}  // namespace

Written write_pdf(const Draft& draft) {
  const std::vector<Item> items = flow(draft, Banners::in_text);
  Bytes content;
  const Surface surface(cairo_pdf_surface_create_for_stream(append, &content, kPageWidth, kPageHeight));
  set_metadata(surface.get(), draft);
  Context context(cairo_create(surface.get()));
  draw_items(context.get(), draft, items, [&] { cairo_show_page(context.get()); });
  cairo_show_page(context.get());
  check_drawn(context.get());
  context.reset();
  cairo_surface_finish(surface.get());
  const std::string copy = copy_line(draft);
  return {
      .content = std::move(content), .text = (copy.empty() ? "" : copy + "\n") + text_of(items), .parts = {}};
}

}  // namespace candor::document
