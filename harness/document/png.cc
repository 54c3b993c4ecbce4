// SPDX-License-Identifier: Apache-2.0
#include "document/png.h"

#include <zlib.h>

#include "base/error.h"

namespace candor::document {

namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(sum));
}

std::string zlib_stream(const std::string& data, int level) {
  uLongf size = compressBound(static_cast<uLong>(data.size()));
  std::string result(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
                static_cast<uLong>(data.size()), level) != Z_OK)
    throw Error("deflating a picture failed");
  result.resize(size);
  return result;
}

struct Size {
  int width;
  int height;
};

std::string png(Size size, char depth, const std::string& rows, int level, const std::string& comment) {
  const std::string head = big_endian(static_cast<std::uint32_t>(size.width)) +
                           big_endian(static_cast<std::uint32_t>(size.height)) + depth + std::string(4, '\0');
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("tEXt", std::string("Comment\0", 8) + comment) +
         chunk("IDAT", zlib_stream(rows, level)) + chunk("IEND", "");
}

/// Green of a pixel of a grey picture; RGB24 pixels are native-endian words.
unsigned grey_at(const std::uint32_t* row, int x) { return row[x] >> 8 & 0xff; }

Size size_of(cairo_surface_t* surface) {
  cairo_surface_flush(surface);
  return {cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface)};
}

const std::uint32_t* row_of(cairo_surface_t* surface, int y) {
  const unsigned char* data = cairo_image_surface_get_data(surface);
  return reinterpret_cast<const std::uint32_t*>(data + y * cairo_image_surface_get_stride(surface));
}

}  // namespace

void check_drawn(cairo_t* context) {
  if (cairo_status(context) != CAIRO_STATUS_SUCCESS)
    throw Error(std::string("drawing a page: ") + cairo_status_to_string(cairo_status(context)));
}

std::string grey_png(cairo_surface_t* surface, const std::string& comment) {
  const Size size = size_of(surface);
  std::string rows;
  for (int y = 0; y < size.height; ++y) {
    rows += '\0';  // No filter.
    for (int x = 0; x < size.width; ++x) rows += static_cast<char>(grey_at(row_of(surface, y), x));
  }
  return png(size, 8, rows, Z_DEFAULT_COMPRESSION, comment);
}

std::string bilevel_png(cairo_surface_t* surface, const std::string& comment) {
  constexpr unsigned kWhite = 128;
  const Size size = size_of(surface);
  std::string rows;
  for (int y = 0; y < size.height; ++y) {
    rows += '\0';  // No filter.
    std::string packed((static_cast<std::size_t>(size.width) + 7) / 8, '\0');
    for (int x = 0; x < size.width; ++x)
      if (grey_at(row_of(surface, y), x) >= kWhite)
        packed[static_cast<std::size_t>(x) / 8] =
            static_cast<char>(packed[static_cast<std::size_t>(x) / 8] | 0x80 >> x % 8);
    rows += packed;
  }
  return png(size, 1, rows, Z_NO_COMPRESSION, comment);
}

std::string stamp_png(const Draft& draft) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kStampWidth, kStampHeight));
  const Context context(cairo_create(surface.get()));
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  cairo_set_source_rgb(context.get(), 0, 0, 0);
  cairo_rectangle(context.get(), 2, 2, kStampWidth - 4, kStampHeight - 4);
  cairo_stroke(context.get());
  cairo_select_font_face(context.get(), "DejaVu Sans Mono", CAIRO_FONT_SLANT_NORMAL,
                         CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context.get(), 17);
  cairo_move_to(context.get(), 14, 34);
  cairo_show_text(context.get(), draft.image_token.c_str());
  check_drawn(context.get());
  return bilevel_png(surface.get(), draft.image_token);
}

}  // namespace candor::document
