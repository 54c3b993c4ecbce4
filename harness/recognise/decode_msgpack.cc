// SPDX-License-Identifier: Apache-2.0
//
// Strings of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md). It has no mark, so a whole
// layer must be one map or array.
#include "recognise/decoder.h"
#include "recognise/string_pool.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 4;
constexpr int kDeepest = 64;

class Reader {
 public:
  Reader(ByteView bytes, StringPool& pool) : bytes_(bytes), pool_(pool) {}

  /// False if what stands here is no value. `in_list`: it is an element of an array.
  bool value(int depth, bool in_list) {
    if (depth > kDeepest || at_ >= bytes_.size()) return false;
    const std::uint8_t first = bytes_[at_++];
    if (first < 0x80 || first >= 0xe0) return true;
    if (first < 0x90) return values(2 * (first & 0x0fU), depth, false);
    if (first < 0xa0) return values(first & 0x0fU, depth, true);
    if (first < 0xc0) return string(first & 0x1fU, true, in_list);
    switch (first) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return sized(std::size_t{1} << (first - 0xc4),
                     [this](std::uint64_t size) { return string(size, false, true); });
      case 0xc7:
      case 0xc8:
      case 0xc9:  // Extensions have a type before their bytes.
        return sized(std::size_t{1} << (first - 0xc7),
                     [this](std::uint64_t size) { return skip(1) && string(size, false, true); });
      case 0xca:
        return skip(4);
      case 0xcb:
        return skip(8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return skip(std::size_t{1} << (first - 0xcc));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return skip(std::size_t{1} << (first - 0xd0));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return skip(1) && string(std::uint64_t{1} << (first - 0xd4), false, true);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return sized(std::size_t{1} << (first - 0xd9),
                     [this, in_list](std::uint64_t size) { return string(size, true, in_list); });
      case 0xdc:
      case 0xdd:
        return sized(std::size_t{2} << (first - 0xdc),
                     [this, depth](std::uint64_t count) { return values(count, depth, true); });
      case 0xde:
      case 0xdf:
        return sized(std::size_t{2} << (first - 0xde),
                     [this, depth](std::uint64_t count) { return values(2 * count, depth, false); });
      default:
        return false;
    }
  }

  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  [[nodiscard]] std::size_t numbers() const { return numbers_; }

 private:
  bool skip(std::size_t size) {
    if (bytes_.size() - at_ < size) return false;
    at_ += size;
    numbers_ += size;
    return true;
  }

  template <typename Use>
  bool sized(std::size_t width, Use&& use) {
    if (bytes_.size() - at_ < width) return false;
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < width; ++i) size = size << 8 | bytes_[at_++];
    return use(size);
  }

  bool string(std::uint64_t size, bool is_text, bool in_list) {
    if (size > bytes_.size() - at_) return false;
    const ByteView content = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += content.size();
    if (is_text)
      pool_.add_text(content, in_list);
    else
      pool_.add_bytes(content);
    return true;
  }

  bool values(std::uint64_t count, int depth, bool in_list) {
    for (; count > 0; --count)
      if (!value(depth + 1, in_list)) return false;
    return true;
  }

  ByteView bytes_;
  StringPool& pool_;
  std::size_t at_ = 0;
  std::size_t numbers_ = 0;  ///< Bytes in numbers and types.
};

bool holds_values(std::uint8_t first) {
  return (first >= 0x80 && first < 0xa0) || (first >= 0xdc && first < 0xe0);
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  if (region.size() < kShortest || !holds_values(region[0])) return result;
  StringPool pool;
  Reader reader(region, pool);
  if (!reader.value(0, false) || !reader.at_end()) return result;
  pool.give(result, max_output);
  result.consumed = region.size();
  result.unexplained = reader.numbers();
  result.complete = !result.members.empty() && result.reason.empty();
  return result;
}

}  // namespace

Decoder msgpack_decoder() {
  return {.name = "msgpack",
          .about = "strings of MessagePack messages",
          .nature = Nature::container,
          .at_begin = true,
          .decode = decode};
}

}  // namespace candor::recognise
