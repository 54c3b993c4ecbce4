// SPDX-License-Identifier: Apache-2.0
//
// Grey pictures drawn by cairo, as PNG (ISO/IEC 15948) with a text chunk.
#pragma once

#include <cairo.h>

#include <memory>
#include <string>

#include "document/draft.h"

namespace candor::document {

struct CairoFree {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, CairoFree>;
using Context = std::unique_ptr<cairo_t, CairoFree>;

/// Throws Error if cairo could not draw.
void check_drawn(cairo_t* context);

/// An RGB24 surface as 8-bit grey, deflated, with `comment` in a tEXt chunk.
[[nodiscard]] std::string grey_png(cairo_surface_t* surface, const std::string& comment);
/// The same as 1-bit, not compressed: pictures of one size are files of one size.
[[nodiscard]] std::string bilevel_png(cairo_surface_t* surface, const std::string& comment);

/// The registry's stamp: a small picture that shows the draft's image token and holds it in a tEXt chunk.
[[nodiscard]] std::string stamp_png(const Draft& draft);
inline constexpr int kStampWidth = 304;
inline constexpr int kStampHeight = 56;

}  // namespace candor::document
