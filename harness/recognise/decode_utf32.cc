// SPDX-License-Identifier: Apache-2.0
//
// UTF-32 text of either byte order whose characters are mostly of the Basic Multilingual Plane, so that two
// bytes in four are NUL. Gives UTF-8.
#include <algorithm>
#include <cstring>

#include "recognise/decoder.h"
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 8;  // Characters.
constexpr std::size_t kLooksAt = 64;

enum class Order { little, big };

template <Order order>
std::uint32_t unit_at(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + (order == Order::big ? i : 3 - i)];
  return value;
}

bool text_unit(std::uint32_t unit) {
  return (unit >= 0x20 && unit <= 0x7f) || unit == '\t' || unit == '\r' || unit == '\n' ||
         (unit >= 0xa0 && unit <= 0x52f) || (unit >= 0x2010 && unit <= 0x2044);
}

/// UTF-32 read some bits beside its place is mostly letters of the extended Latin alphabets.
template <Order order>
bool enough_ascii(ByteView layer, std::size_t begin, std::size_t end) {
  std::size_t count = 0;
  std::size_t latin = 0;
  for (std::size_t at = begin; at < std::min(end, begin + 4 * kLooksAt); at += 4) {
    const std::uint32_t unit = unit_at<order>(layer, at);
    count += unit < 0x80 ? 1U : 0U;
    latin += unit >= 0x80 && unit < 0x250 ? 1U : 0U;
  }
  return count > 0 && count >= latin;
}

/// Runs whose units begin at `phase` modulo four; every eighth unit is probed.
template <Order order>
bool runs_at_phase(ByteView layer, std::size_t phase, std::size_t most, std::vector<Region>& regions) {
  std::size_t from = phase;
  while (from + 4 * kShortest <= layer.size()) {
    std::size_t begin = from + 4 * kShortest;
    while (begin > from && text_unit(unit_at<order>(layer, begin - 4))) begin -= 4;
    if (begin > from) {
      from = begin;
      continue;
    }
    std::size_t end = from + 4 * kShortest;
    while (end + 3 < layer.size() && text_unit(unit_at<order>(layer, end))) end += 4;
    if (enough_ascii<order>(layer, from, end)) regions.push_back({.offset = from, .length = end - from});
    if (regions.size() >= most) return false;
    from = end + 4;
  }
  return true;
}

template <Order order>
bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const ByteView layer = map.bytes;
  if (layer.empty() || std::memchr(layer.data(), 0, layer.size()) == nullptr) return true;
  const std::size_t most = regions.size() + limit;
  for (std::size_t phase = 0; phase < 4; ++phase)
    if (!runs_at_phase<order>(layer, phase, most, regions)) return false;
  return true;
}

template <Order order>
Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  for (; result.consumed + 3 < region.size(); result.consumed += 4) {
    const Unescaped character = code_point(4, unit_at<order>(region, result.consumed));
    if (result.bytes.size() + character.out_size > max_output) break;
    result.bytes.insert(result.bytes.end(), character.out.begin(),
                        character.out.begin() + static_cast<std::ptrdiff_t>(character.out_size));
  }
  result.complete = result.consumed == region.size();
  if (!result.complete) result.reason = "output budget";
  return result;
}

template <Order order>
Decoder decoder(const char* name, const char* about) {
  return {
      .name = name, .about = about, .nature = Nature::encoding, .runs = runs<order>, .decode = decode<order>};
}

}  // namespace

Decoder utf32le_decoder() { return decoder<Order::little>("utf-32le", "UTF-32 text, little-endian"); }
Decoder utf32be_decoder() { return decoder<Order::big>("utf-32be", "UTF-32 text, big-endian"); }

}  // namespace candor::recognise
