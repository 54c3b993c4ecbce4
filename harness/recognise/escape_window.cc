// SPDX-License-Identifier: Apache-2.0
#include "recognise/escape_window.h"

#include <algorithm>

#include "recognise/byte_class.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongestEscape = 12;
/// Text kept on either side: longer than any file name.
constexpr std::size_t kMargin = 320;
/// Beyond the margin a window goes on while an encoded run does, up to this size; windows that follow each
/// other overlap.
constexpr std::size_t kLargest = 8U << 20;
constexpr std::size_t kOverlap = 8192;
constexpr std::size_t kShortest = 16;

constexpr ByteClass kText = ByteClass("\t\r\n").range(0x20, 0x7e).range(0x80, 0xff);
constexpr ByteClass kEncoded = ByteClass("+/-_=\r\n").range('A', 'Z').range('a', 'z').range('0', '9');

std::size_t reach_forward(ByteView layer, std::size_t from) {
  const std::size_t margin = std::min(layer.size(), from + kMargin);
  const std::size_t largest = std::min(layer.size(), from + kLargest);
  std::size_t at = from;
  while (at < margin && kText.has(layer[at])) ++at;
  if (at < margin) return at;
  while (at < largest && kEncoded.has(layer[at])) ++at;
  return at;
}

std::size_t reach_back(ByteView layer, std::size_t from) {
  const std::size_t margin = from - std::min(from, kMargin);
  const std::size_t largest = from - std::min(from, kLargest / 2);
  std::size_t at = from;
  while (at > margin && kText.has(layer[at - 1])) --at;
  if (at > margin) return at;
  while (at > largest && kEncoded.has(layer[at - 1])) --at;
  return at;
}

}  // namespace

void EscapeWindows::close(std::size_t end) {
  open_ = false;
  if (end - begin_ < kShortest) return;
  if (regions_.size() < limit_)
    regions_.push_back({.offset = begin_, .length = end - begin_});
  else
    overflowed_ = true;
}

void EscapeWindows::add(std::size_t end) {
  if (open_ && end - begin_ > kLargest) {
    close(end);
    begin_ = end - kOverlap;
    open_ = true;
  } else if (!open_ || end > last_ + kMargin) {
    const std::size_t begin = reach_back(layer_, end - std::min(end, kLongestEscape));
    const std::size_t reach = open_ ? reach_forward(layer_, last_) : 0;
    if (!open_ || reach < begin) {
      if (open_) close(reach);
      begin_ = begin;
      open_ = true;
    }
  }
  last_ = end;
}

std::vector<Region> EscapeWindows::finish() {
  if (open_) close(reach_forward(layer_, last_));
  return std::move(regions_);
}

}  // namespace candor::recognise
