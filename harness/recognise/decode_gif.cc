// SPDX-License-Identifier: Apache-2.0
//
// GIF images (GIF89a specification, 1990): comments, texts and application data, which are cut in pieces of
// at most 255 bytes, put together. The picture is not decoded: its bytes stay unexplained.
#include <algorithm>
#include <array>
#include <string_view>

#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeader = 13;
enum Block : std::uint8_t { kExtension = 0x21, kImage = 0x2c, kTrailer = 0x3b };
enum Label : std::uint8_t { kText = 0x01, kControl = 0xf9, kComment = 0xfe, kApplication = 0xff };

std::size_t table_size(std::uint8_t flags) {
  return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

class Image {
 public:
  Image(ByteView region, std::size_t max_output) : region_(region), room_(max_output) {}

  Decoded run() {
    at_ = kHeader + table_size(region_[10]);
    bool intact = true;
    while (intact && at_ < region_.size() && region_[at_] != kTrailer) intact = read_block(region_[at_++]);
    if (blocks_ == 0) return {};
    result_.complete = intact && at_ < region_.size() && result_.reason.empty();
    result_.consumed = std::min(region_.size(), result_.complete ? at_ + 1 : at_);
    if (!result_.complete && result_.reason.empty()) result_.reason = "GIF image without its end, or damaged";
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (texts_[i].empty()) continue;
      result_.members.push_back({kNames[i], result_.bytes.size(), texts_[i].size()});
      result_.bytes.insert(result_.bytes.end(), texts_[i].begin(), texts_[i].end());
    }
    return std::move(result_);
  }

 private:
  static constexpr std::array kNames = {"comments", "texts", "application data"};

  /// False at the end of what is a GIF image.
  bool read_block(std::uint8_t kind) {
    if (kind == kImage) {
      if (region_.size() - at_ < 10) return false;
      at_ += 10 + table_size(region_[at_ + 8]);
      return skip_pieces(nullptr);
    }
    if (kind != kExtension || at_ >= region_.size()) return false;
    const std::uint8_t label = region_[at_++];
    Bytes* const text = label == kComment       ? &texts_[0]
                        : label == kText        ? &texts_[1]
                        : label == kApplication ? &texts_[2]
                                                : &control_;
    control_.clear();
    return skip_pieces(text);
  }

  /// Pieces up to the empty one; those of pictures are unexplained.
  bool skip_pieces(Bytes* text) {
    while (at_ < region_.size()) {
      const std::size_t size = region_[at_++];
      const ByteView piece = region_.subspan(at_, std::min(size, region_.size() - at_));
      at_ += piece.size();
      if (text == nullptr) {
        result_.unexplained += piece.size();
      } else {
        const std::size_t taken = std::min(room_, piece.size());
        if (taken < piece.size()) result_.reason = "output budget";
        text->insert(text->end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(taken));
        room_ -= taken;
      }
      if (size == 0) {
        ++blocks_;
        return true;
      }
    }
    return false;
  }

  ByteView region_;
  std::size_t room_;
  std::size_t at_ = 0;
  std::size_t blocks_ = 0;
  std::array<Bytes, 3> texts_;
  Bytes control_;  ///< Of known meaning.
  Decoded result_;
};

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) { return trigger_end - 6; }

Decoded decode(ByteView region, std::size_t max_output) {
  const std::string_view text = as_text(region);
  if (region.size() < kHeader || !(text.starts_with("GIF87a") || text.starts_with("GIF89a"))) return {};
  if (kHeader + table_size(region[10]) >= region.size()) return {};
  return Image(region, max_output).run();
}

}  // namespace

Decoder gif_decoder() {
  return {.name = "gif",
          .about = "comments, texts and application data of GIF images",
          .nature = Nature::container,
          .trigger = "GIF8[79]a",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
