// SPDX-License-Identifier: Apache-2.0
//
// Strings of CBOR (RFC 8949). It has no mark, so a whole layer must be one item that holds others. Strings of
// indefinite length are put together.
#include "recognise/decoder.h"
#include "recognise/string_pool.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 4;
constexpr int kDeepest = 64;

enum Major : unsigned { kPositive, kNegative, kByteString, kTextString, kArray, kMap, kTag, kSimple };

struct Head {
  unsigned major = 0;
  bool indefinite = false;
  std::uint64_t value = 0;
};

class Reader {
 public:
  Reader(ByteView bytes, StringPool& pool) : bytes_(bytes), pool_(pool) {}

  /// False if what stands here is no item. `in_list`: it is an element of an array.
  bool item(int depth, bool in_list) {
    const std::size_t begin = at_;
    Head head;
    if (depth > kDeepest || !read(head)) return false;
    switch (head.major) {
      case kByteString:
      case kTextString:
        return head.indefinite ? pieces(head.major) : string(head, in_list);
      case kArray:
        return items(head, 1, depth, true);
      case kMap:
        return items(head, 2, depth, false);
      case kTag:
        return !head.indefinite && item(depth + 1, in_list);
      default:
        numbers_ += at_ - begin - 1;
        return !head.indefinite;
    }
  }

  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  [[nodiscard]] std::size_t numbers() const { return numbers_; }

 private:
  bool read(Head& head) {
    if (at_ >= bytes_.size()) return false;
    const std::uint8_t first = bytes_[at_++];
    head.major = first >> 5;
    const unsigned info = first & 0x1f;
    head.value = info;
    head.indefinite = info == 31;
    if (info < 24 || head.indefinite) return true;
    if (info > 27) return false;
    const std::size_t size = std::size_t{1} << (info - 24);
    if (bytes_.size() - at_ < size) return false;
    head.value = 0;
    for (std::size_t i = 0; i < size; ++i) head.value = head.value << 8 | bytes_[at_++];
    return true;
  }

  bool string(const Head& head, bool in_list) {
    if (head.value > bytes_.size() - at_) return false;
    const ByteView content = bytes_.subspan(at_, static_cast<std::size_t>(head.value));
    at_ += content.size();
    if (head.major == kByteString)
      pool_.add_bytes(content);
    else
      pool_.add_text(content, in_list);
    return true;
  }

  bool at_break() {
    if (at_ >= bytes_.size() || bytes_[at_] != 0xff) return false;
    ++at_;
    return true;
  }

  /// Of a string of indefinite length.
  bool pieces(unsigned major) {
    while (!at_break()) {
      Head head;
      if (!read(head) || head.major != major || head.indefinite || !string(head, true)) return false;
    }
    return true;
  }

  bool items(const Head& head, std::size_t each, int depth, bool in_list) {
    for (std::uint64_t left = head.value; head.indefinite ? !at_break() : left > 0; --left)
      for (std::size_t i = 0; i < each; ++i)
        if (!item(depth + 1, in_list)) return false;
    return true;
  }

  ByteView bytes_;
  StringPool& pool_;
  std::size_t at_ = 0;
  std::size_t numbers_ = 0;  ///< Bytes in numbers.
};

bool holds_items(std::uint8_t first) {
  const unsigned major = first >> 5;
  return major == kArray || major == kMap || major == kTag || first == 0x5f || first == 0x7f;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  if (region.size() < kShortest || !holds_items(region[0])) return result;
  StringPool pool;
  Reader reader(region, pool);
  if (!reader.item(0, false) || !reader.at_end()) return result;
  pool.give(result, max_output);
  result.consumed = region.size();
  result.unexplained = reader.numbers();
  result.complete = !result.members.empty() && result.reason.empty();
  return result;
}

}  // namespace

Decoder cbor_decoder() {
  return {.name = "cbor",
          .about = "strings of CBOR messages",
          .nature = Nature::container,
          .at_begin = true,
          .decode = decode};
}

}  // namespace candor::recognise
