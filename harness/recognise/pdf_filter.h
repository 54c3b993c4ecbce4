// SPDX-License-Identifier: Apache-2.0
//
// Filters of PDF streams (ISO 32000-1, 7.4) and their predictors; those of images are left.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace candor::recognise {

/// What the stream with this dictionary holds, or as much of it as the filters give; at most `max_output`
/// bytes. Empty if a filter is one of images.
[[nodiscard]] Bytes undo_pdf_filters(std::string_view dictionary, ByteView stream, std::size_t max_output);
/// Whether the stream is one of zlib and nothing else, which is seen without knowing of PDF.
[[nodiscard]] bool is_plain_flate(std::string_view dictionary);

}  // namespace candor::recognise
