// SPDX-License-Identifier: Apache-2.0
//
// PNG images (ISO/IEC 15948): their samples as they are before filters and compression, the least significant
// bits of those, in which other content is often hidden, what barcodes in the picture say, and the chunks
// that are no picture. Interlaced samples are given in the order of the passes, filtered as they are.
#include <ZXing/ReadBarcode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <exception>

#include "recognise/decoder.h"
#include "recognise/inflate.h"

namespace candor::recognise {

namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
constexpr std::size_t kChunkFrame = 12;  // Length, type and checksum.
constexpr std::uint32_t kLargestSide = 1U << 15;
constexpr std::size_t kMostPixels = std::size_t{1} << 22;  // In which barcodes are looked for.
/// Chunks of a few bytes with a fixed meaning.
constexpr std::string_view kKnown = "IHDR IEND gAMA cHRM sRGB pHYs tIME ";

std::uint32_t big32(ByteView bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

struct Image {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  unsigned depth = 0;  ///< Bits of a sample.
  unsigned colour = 0;
  bool interlaced = false;
  Bytes palette;
  Bytes packed;  ///< All IDAT chunks.
  Bytes others;  ///< All chunks that are neither picture nor known.
  std::size_t end = 0;
  bool complete = false;

  [[nodiscard]] std::size_t channels() const {
    return colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
  }
  [[nodiscard]] std::size_t row() const { return (width * channels() * depth + 7) / 8; }
  [[nodiscard]] std::size_t pixel() const { return std::max<std::size_t>(1, channels() * depth / 8); }
};

void append(ByteView piece, Bytes& to) { to.insert(to.end(), piece.begin(), piece.end()); }

void read_header(ByteView data, Image& image) {
  if (data.size() != 13) return;
  image.width = std::min(big32(data, 0), kLargestSide);
  image.height = std::min(big32(data, 4), kLargestSide);
  image.depth = std::min<unsigned>(data[8], 16);
  image.colour = data[9];
  image.interlaced = data[12] != 0;
}

Image read_chunks(ByteView region) {
  Image image;
  image.end = kSignature.size();
  bool intact = true;
  while (region.size() - image.end >= kChunkFrame) {
    const ByteView chunk = region.subspan(image.end);
    const std::size_t size = big32(chunk, 0);
    if (size > chunk.size() - kChunkFrame) break;
    const std::string_view type = as_text(chunk.subspan(4, 4));
    const ByteView data = chunk.subspan(8, size);
    intact = intact && crc32_z(0, chunk.data() + 4, size + 4) == big32(chunk, 8 + size);
    image.end += size + kChunkFrame;
    if (type == "IHDR") read_header(data, image);
    if (type == "PLTE") image.palette.assign(data.begin(), data.end());
    if (type == "IDAT")
      append(data, image.packed);
    else if (kKnown.find(std::string(type) + ' ') == kKnown.npos || size > 32)
      append(chunk.subspan(4, size + 4), image.others);
    if (type == "IEND") {
      image.complete = intact;
      break;
    }
  }
  return image;
}

std::uint8_t paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int to_left = std::abs(guess - left);
  const int to_above = std::abs(guess - above);
  const int to_corner = std::abs(guess - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(to_above <= to_corner ? above : corner);
}

void undo_filter(unsigned filter, std::size_t pixel, const std::uint8_t* above, std::uint8_t* row,
                 std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    const int left = i >= pixel ? row[i - pixel] : 0;
    const int up = above != nullptr ? above[i] : 0;
    const int corner = above != nullptr && i >= pixel ? above[i - pixel] : 0;
    const int added = filter == 1   ? left
                      : filter == 2 ? up
                      : filter == 3 ? (left + up) / 2
                      : filter == 4 ? paeth(left, up, corner)
                                    : 0;
    row[i] = static_cast<std::uint8_t>(row[i] + added);
  }
}

/// Rows without their filters; what is more than the image has comes after them as it is.
Bytes samples_of(const Image& image, const Bytes& inflated) {
  const std::size_t row = image.row();
  if (image.interlaced || row == 0) return inflated;
  Bytes samples;
  samples.reserve(inflated.size());
  std::size_t at = 0;
  for (std::uint32_t y = 0; y < image.height && at + 1 + row <= inflated.size(); ++y, at += 1 + row) {
    append(ByteView(inflated).subspan(at + 1, row), samples);
    std::uint8_t* const here = samples.data() + samples.size() - row;
    undo_filter(inflated[at], image.pixel(), y > 0 ? here - row : nullptr, here, row);
  }
  append(ByteView(inflated).subspan(at), samples);
  return samples;
}

/// The lowest bit of each sample of eight bits, but those of transparency, most significant first.
Bytes low_bits_of(const Image& image, const Bytes& samples) {
  Bytes bits;
  if (image.depth != 8) return bits;
  const std::size_t channels = image.channels();
  const std::size_t coloured = channels % 2 == 0 ? channels - 1 : channels;
  unsigned byte = 1;
  for (std::size_t at = 0; at < samples.size(); ++at) {
    if (at % channels >= coloured) continue;
    byte = byte << 1 | (samples[at] & 1U);
    if (byte < 0x100) continue;
    bits.push_back(static_cast<std::uint8_t>(byte));
    byte = 1;
  }
  return bits;
}

/// The brightness of each pixel, or nothing if the samples are cut off.
Bytes brightness_of(const Image& image, const Bytes& samples) {
  Bytes brightness;
  if (image.interlaced || samples.size() < image.row() * image.height) return brightness;
  const unsigned depth = image.depth;
  if (depth != 1 && depth != 2 && depth != 4 && depth != 8 && depth != 16) return brightness;
  brightness.reserve(std::size_t{image.width} * image.height);
  const auto sample = [&](std::size_t y, std::size_t index) -> unsigned {
    const std::uint8_t* const row = samples.data() + y * image.row();
    if (depth >= 8) return row[index * depth / 8];
    const unsigned value = row[index * depth / 8] >> (8 - depth - index * depth % 8) & ((1U << depth) - 1);
    return image.colour == 3 ? value : value * 255 / ((1U << depth) - 1);
  };
  for (std::size_t y = 0; y < image.height; ++y)
    for (std::size_t x = 0; x < image.width; ++x) {
      unsigned value = sample(y, x * image.channels());
      if (image.colour == 3)
        value = 3 * value + 1 < image.palette.size() ? image.palette[3 * value + 1] : 0;
      else if (image.channels() >= 3)
        value = sample(y, x * image.channels() + 1);  // Green is most of it.
      brightness.push_back(static_cast<std::uint8_t>(value));
    }
  return brightness;
}

/// What barcodes say, one after the other.
Bytes read_barcodes(const Image& image, const Bytes& samples) {
  Bytes content;
  if (image.width == 0 || image.height == 0 || std::size_t{image.width} * image.height > kMostPixels)
    return content;
  const Bytes brightness = brightness_of(image, samples);
  if (brightness.empty()) return content;
  ZXing::DecodeHints hints;
  hints.setFormats(ZXing::BarcodeFormat::QRCode | ZXing::BarcodeFormat::DataMatrix |
                   ZXing::BarcodeFormat::Aztec);
  try {
    const ZXing::ImageView view(brightness.data(), static_cast<int>(image.width),
                                static_cast<int>(image.height), ZXing::ImageFormat::Lum);
    for (const ZXing::Result& code : ZXing::ReadBarcodes(view, hints)) append(code.bytes(), content);
  } catch (const std::exception&) {
    // A picture the library cannot take holds no barcode for us; its samples are searched all the same.
  }
  return content;
}

void add_member(const char* name, const Bytes& content, std::size_t max_output, Decoded& result) {
  const std::size_t taken = std::min(content.size(), max_output - result.bytes.size());
  if (taken < content.size()) result.reason = "output budget";
  if (taken == 0) return;
  result.members.push_back({name, result.bytes.size(), taken});
  append(ByteView(content).first(taken), result.bytes);
}

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) {
  return trigger_end - kSignature.size();
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  if (!std::equal(
          kSignature.begin(), kSignature.end(), region.begin(),
          region.begin() + static_cast<std::ptrdiff_t>(std::min(region.size(), kSignature.size())),
          [](auto a, auto b) { return static_cast<std::uint8_t>(a) == static_cast<std::uint8_t>(b); }))
    return result;
  const Image image = read_chunks(region);
  if (image.width == 0 || image.packed.empty()) return result;
  const Inflated inflated = inflate(image.packed, Wrapper::zlib, max_output);
  const Bytes samples = samples_of(image, inflated.bytes);
  result.reason = reason(inflated.end);
  add_member("chunks", image.others, max_output, result);
  add_member("barcodes", read_barcodes(image, samples), max_output, result);
  add_member("samples", samples, max_output, result);
  add_member("low bits", low_bits_of(image, samples), max_output, result);
  result.consumed = image.end;
  result.unexplained = image.packed.size() - inflated.consumed;
  result.complete = image.complete && inflated.end == InflateEnd::complete && result.reason.empty();
  if (!result.complete && result.reason.empty()) result.reason = "PNG image without its end, or damaged";
  return result;
}

}  // namespace

Decoder png_decoder() {
  return {.name = "png",
          .about = "samples, low bits, barcodes and texts of PNG images",
          .nature = Nature::container,
          .trigger = "\\x89PNG\\r\\n\\x1a\\n",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
