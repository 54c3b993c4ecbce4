// SPDX-License-Identifier: Apache-2.0
//
// Pages drawn with cairo, for PDF and pictures. The fonts are DejaVu's, which have Latin and Cyrillic
// letters.
#pragma once

#include <cairo.h>

#include <functional>
#include <vector>

#include "document/draft.h"

namespace candor::document {

inline constexpr double kPageWidth = 595;  ///< A4, in points.
inline constexpr double kPageHeight = 842;

/// Draws all items from the top of a page. `new_page` is called for page breaks and when a page is full;
/// pages have the draft's copy line at their top.
void draw_items(cairo_t* context, const Draft& draft, const std::vector<Item>& items,
                const std::function<void()>& new_page);

}  // namespace candor::document
