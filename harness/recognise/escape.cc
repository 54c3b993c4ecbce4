// SPDX-License-Identifier: Apache-2.0
#include "recognise/escape.h"

#include <algorithm>
#include <cstring>

namespace candor::recognise {

namespace {

void copy(ByteView from, std::size_t begin, std::size_t end, Bytes& to) {
  to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
            from.begin() + static_cast<std::ptrdiff_t>(end));
}

std::size_t find(ByteView bytes, std::size_t from, char lead) {
  if (from >= bytes.size()) return bytes.size();
  const void* found = std::memchr(bytes.data() + from, lead, bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - bytes.data());
}

}  // namespace

Decoded unescape(ByteView region, std::size_t max_output, char lead, Unescaped (*read)(ByteView at_lead)) {
  Decoded result;
  result.complete = region.size() <= max_output;
  if (!result.complete) result.reason = "output budget";
  region = region.first(std::min(region.size(), max_output));
  result.consumed = region.size();
  result.bytes.reserve(region.size());
  std::size_t copied = 0;
  for (std::size_t at = find(region, 0, lead); at < region.size(); at = find(region, at + 1, lead)) {
    const Unescaped escape = read(region.subspan(at));
    if (escape.in_size == 0) continue;
    copy(region, copied, at, result.bytes);
    result.edits.push_back({.out = static_cast<std::uint32_t>(result.bytes.size()),
                            .in = static_cast<std::uint32_t>(at),
                            .out_size = static_cast<std::uint8_t>(escape.out_size),
                            .in_size = static_cast<std::uint8_t>(escape.in_size)});
    copy(escape.out, 0, escape.out_size, result.bytes);
    copied = at + escape.in_size;
    at = copied - 1;
  }
  copy(region, copied, region.size(), result.bytes);
  return result;
}

Unescaped one_byte(std::size_t in_size, int value) {
  return {in_size, 1, {static_cast<std::uint8_t>(value)}};
}

Unescaped code_point(std::size_t in_size, std::uint32_t value) {
  const auto tail = [value](int shift) { return static_cast<std::uint8_t>(0x80 | (value >> shift & 0x3f)); };
  const auto head = [value](int shift, std::uint32_t mark) {
    return static_cast<std::uint8_t>(mark | value >> shift);
  };
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  if (value < 0x80) return {in_size, 1, {head(0, 0)}};
  if (value < 0x800) return {in_size, 2, {head(6, 0xc0), tail(0)}};
  if (value < 0x10000) return {in_size, 3, {head(12, 0xe0), tail(6), tail(0)}};
  return {in_size, 4, {head(18, 0xf0), tail(12), tail(6), tail(0)}};
}

std::int64_t hex_number(ByteView bytes, std::size_t at, std::size_t count) {
  if (bytes.size() < at + count) return -1;
  std::int64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    const int digit = hex_value(bytes[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

}  // namespace candor::recognise
