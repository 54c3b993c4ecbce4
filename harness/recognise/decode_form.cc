// SPDX-License-Identifier: Apache-2.0
//
// Values of urlencoded forms (application/x-www-form-urlencoded, WHATWG URL, section 5) in which plus signs
// stand for blanks: percent escapes alone are undone by another decoder, which cannot know what a plus sign
// means. Words of a text are short: where plus signs are rare, they are letters of base64.
#include <algorithm>
#include <string_view>

#include "recognise/decoder.h"
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 24;     // Nothing that is looked for and has blanks is shorter.
constexpr std::size_t kLongestWord = 24;  // On the average.
constexpr std::size_t kLongestTrigger = 64;

bool is_value(std::uint8_t c) { return c > ' ' && c < 0x7f && c != '&' && c != '"' && c != '<' && c != '>'; }

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t from = trigger_end - std::min(trigger_end, kLongestTrigger);
  const std::size_t sign = as_text(layer).substr(from, trigger_end - from).rfind('=');
  if (sign == std::string_view::npos) return std::nullopt;
  return from + sign + 1;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  std::size_t blanks = 0;
  std::size_t at = 0;
  for (; at < region.size() && is_value(region[at]); ++at) {
    if (result.bytes.size() == max_output) {
      result.reason = "output budget";
      break;
    }
    std::uint8_t byte = region[at];
    if (byte == '+') {
      byte = ' ';
      ++blanks;
    } else if (byte == '%') {
      const std::int64_t value = hex_number(region, at + 1, 2);
      if (value >= 0) {
        byte = static_cast<std::uint8_t>(value);
        at += 2;
      }
    }
    result.bytes.push_back(byte);
  }
  if (result.bytes.size() < kShortest || blanks * kLongestWord < result.bytes.size()) return {};
  result.consumed = at;
  result.complete = result.reason.empty();
  return result;
}

}  // namespace

Decoder form_decoder() {
  return {.name = "form",
          .about = "values of urlencoded forms with plus signs for blanks",
          .nature = Nature::container,
          .trigger = "=[A-Za-z0-9%.,'*_()!-]{1,20}\\+[A-Za-z0-9%.,'*_()!-]{1,20}\\+",
          .start = start,
          .transparent = true,
          .decode = decode};
}

}  // namespace candor::recognise
