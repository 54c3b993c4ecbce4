// SPDX-License-Identifier: Apache-2.0
//
// A page as a picture, as a scanner would give it: nothing but pixels, and the image canary in a text chunk.
#include "document/page_drawing.h"
#include "document/png.h"

namespace candor::document {

Written write_png(const Draft& draft);

Written write_png(const Draft& draft) {
  constexpr double kScale = 150.0 / 72.0;  // Dots for each point.
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(kPageWidth * kScale),
                                                   static_cast<int>(kPageHeight * kScale)));
  const Context context(cairo_create(surface.get()));
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  cairo_scale(context.get(), kScale, kScale);
  std::vector<Item> items = flow(draft, Banners::in_text);
  // The stamp, in words.
  items.insert(items.begin() + 1, {.role = Role::detail, .text = "No. " + draft.image_token});
  draw_items(context.get(), draft, items, [] {});
  check_drawn(context.get());
  return {
      .content = to_bytes(grey_png(surface.get(), draft.image_token)), .text = text_of(items), .parts = {}};
}

}  // namespace candor::document
