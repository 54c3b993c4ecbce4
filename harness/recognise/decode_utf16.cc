// SPDX-License-Identifier: Apache-2.0
//
// UTF-16 text of either byte order, without need of a byte order mark: Latin, Greek and Cyrillic letters and
// general punctuation, of which at least some are ASCII. Gives UTF-8.
#include <algorithm>
#include <cstring>

#include "recognise/decoder.h"
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 8;     // Characters.
constexpr std::size_t kLooksAt = 64;     // Characters.
constexpr std::size_t kFewestAscii = 4;  // Of those.

enum class Order { little, big };

template <Order order>
std::uint32_t unit_at(ByteView bytes, std::size_t at) {
  const std::uint32_t first = bytes[at];
  const std::uint32_t second = bytes[at + 1];
  return order == Order::little ? first | second << 8 : first << 8 | second;
}

bool ascii(std::uint32_t unit) {
  return (unit >= 0x20 && unit <= 0x7f) || unit == '\t' || unit == '\r' || unit == '\n';
}
bool text_unit(std::uint32_t unit) {
  return ascii(unit) || (unit >= 0xa0 && unit <= 0x52f) || (unit >= 0x2010 && unit <= 0x2044);
}

/// Words, not chance. UTF-16 read some bits beside its place has many letters of the extended Latin alphabets
/// among few of ASCII.
template <Order order>
bool enough_ascii(ByteView layer, std::size_t begin, std::size_t end) {
  std::size_t count = 0;
  std::size_t latin = 0;
  for (std::size_t at = begin; at < std::min(end, begin + 2 * kLooksAt); at += 2) {
    const std::uint32_t unit = unit_at<order>(layer, at);
    count += ascii(unit) ? 1U : 0U;
    latin += unit >= 0x80 && unit < 0x250 ? 1U : 0U;
  }
  return count >= kFewestAscii && count >= latin;
}

/// Runs of units at even (0) or odd (1) offsets; as in byte_class.h, only every eighth unit is probed.
template <Order order>
bool runs_at_parity(ByteView layer, std::size_t parity, std::size_t limit, std::vector<Region>& regions) {
  std::size_t from = parity;
  while (from + 2 * kShortest <= layer.size()) {
    std::size_t begin = from + 2 * kShortest;
    while (begin > from && text_unit(unit_at<order>(layer, begin - 2))) begin -= 2;
    if (begin > from) {
      from = begin;
      continue;
    }
    std::size_t end = from + 2 * kShortest;
    while (end + 1 < layer.size() && text_unit(unit_at<order>(layer, end))) end += 2;
    if (enough_ascii<order>(layer, from, end)) regions.push_back({.offset = from, .length = end - from});
    if (regions.size() >= limit) return false;
    from = end + 2;
  }
  return true;
}

template <Order order>
bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const ByteView layer = map.bytes;
  // Some characters must be ASCII, whose other byte is NUL; text without any is common.
  if (layer.empty() || std::memchr(layer.data(), 0, layer.size()) == nullptr) return true;
  limit += regions.size();
  return runs_at_parity<order>(layer, 0, limit, regions) && runs_at_parity<order>(layer, 1, limit, regions);
}

template <Order order>
Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  for (; result.consumed + 1 < region.size(); result.consumed += 2) {
    const Unescaped character = code_point(2, unit_at<order>(region, result.consumed));
    if (result.bytes.size() + character.out_size > max_output) break;
    result.bytes.insert(result.bytes.end(), character.out.begin(),
                        character.out.begin() + static_cast<std::ptrdiff_t>(character.out_size));
  }
  result.complete = result.consumed == region.size();
  if (!result.complete) result.reason = "output budget";
  return result;
}

}  // namespace

Decoder utf16le_decoder() {
  return {.name = "utf-16le",
          .about = "UTF-16 text, little-endian",
          .nature = Nature::encoding,
          .runs = runs<Order::little>,
          .decode = decode<Order::little>};
}

Decoder utf16be_decoder() {
  return {.name = "utf-16be",
          .about = "UTF-16 text, big-endian",
          .nature = Nature::encoding,
          .runs = runs<Order::big>,
          .decode = decode<Order::big>};
}

}  // namespace candor::recognise
