// SPDX-License-Identifier: Apache-2.0
//
// UTF-7 (RFC 2152): ASCII, in which other characters stand as "+", base64 of UTF-16BE, and mostly "-". Also
// as mail folders are named (RFC 3501, section 5.1.3), with "&" and ",". Read from the first shift on. It is
// told from base64 and from sums in a formula by its characters: all of them whole, and of scripts that make
// up a third of UTF-16 (European ones, Chinese, Japanese letters, punctuation); text in others is not read.
#include <algorithm>
#include <string>
#include <string_view>

#include "recognise/decoder.h"
#include "recognise/unicode.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kFewestShifts = 3;
constexpr std::size_t kFewestUnits = 8;   ///< Of UTF-16, in several shifts.
constexpr std::size_t kEnoughUnits = 16;  ///< … in any.
constexpr std::size_t kLongestShift = 1U << 14;
constexpr std::size_t kLongestInWord = 16;
constexpr std::size_t kFarthest = 200;  ///< Bytes between two shifts.

int value_of(char c, char mark) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+";
  const char last = mark == '&' ? ',' : '/';
  if (c == last) return 63;
  const std::size_t at = kLetters.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// What stands between a shift's mark and its end.
struct Shift {
  std::string units;    ///< UTF-16BE; empty: it is no shift.
  std::size_t end = 0;  ///< Behind it, from its mark on.
};

bool is_likely(unsigned unit) {
  return unit < 0x800 || (unit >= 0x2000 && unit < 0x2700) || unit >> 8 == 0x30 ||
         (unit >= 0x4e00 && unit < 0xa000) || (unit >= 0xff00 && unit < 0xfff0);
}

bool are_likely(const std::string& units) {
  for (std::size_t at = 0; at + 1 < units.size(); at += 2)
    if (!is_likely(static_cast<unsigned>(static_cast<std::uint8_t>(units[at]) << 8 |
                                         static_cast<std::uint8_t>(units[at + 1]))))
      return false;
  return true;
}

Shift shift_at(std::string_view text) {
  text = text.substr(0, kLongestShift);
  Shift shift;
  unsigned held = 0;
  unsigned bits = 0;
  std::size_t at = 1;
  for (; at < text.size(); ++at) {
    const int value = value_of(text[at], text[0]);
    if (value < 0) break;
    held = (held << 6 | static_cast<unsigned>(value)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      shift.units += static_cast<char>(held >> bits);
    }
  }
  const bool whole = shift.units.size() % 2 == 0 && bits < 6 && (held & ((1U << bits) - 1)) == 0;
  if (!whole || !are_likely(shift.units)) shift.units.clear();
  shift.end = at < text.size() && text[at] == '-' ? at + 1 : at;
  return shift;
}

bool is_direct(char c) { return (c >= ' ' && c < 0x7f) || c == '\t' || c == '\r' || c == '\n'; }

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  constexpr std::size_t kTrigger = 4;  // The mark and three letters: one character.
  const std::size_t at = trigger_end - kTrigger;
  const std::string_view text = as_text(layer).substr(at);
  // A letter before it is that of a word, or base64 in which the mark is a letter, too.
  if (at > 0 && value_of(static_cast<char>(layer[at - 1]), '+') >= 0 &&
      text.substr(0, kLongestInWord).find('-') == std::string_view::npos)
    return std::nullopt;
  if (shift_at(text).units.empty()) return std::nullopt;
  return at;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  const std::string_view text = as_text(region);
  if (text.empty() || (text[0] != '+' && text[0] != '&')) return result;
  const char mark = text[0];
  std::size_t shifts = 0;
  std::size_t units = 0;
  std::size_t last = 0;  ///< End of the last shift.
  std::string out;
  std::size_t until = 0;
  for (std::size_t at = 0; at < text.size() && at < last + kFarthest;) {
    if (text[at] == mark && at + 1 < text.size() && text[at + 1] == '-') {
      out += mark;
      at += 2;
    } else if (text[at] == mark) {
      const Shift shift = shift_at(text.substr(at));
      if (shift.units.empty()) break;
      out += from_utf16(shift.units);
      ++shifts;
      units += shift.units.size() / 2;
      last = at = at + shift.end;
      until = out.size();
    } else if (is_direct(text[at])) {
      out += text[at++];
    } else {
      break;
    }
    if (out.size() > max_output) {
      result.reason = "output budget";
      break;
    }
    // Direct characters behind the last shift belong to the text as well.
    until = std::max(until, std::min(out.size(), max_output));
    result.consumed = at;
  }
  if (units < (shifts < kFewestShifts ? kEnoughUnits : kFewestUnits)) return {};
  out.resize(std::min(until, max_output));
  result.bytes = to_bytes(out);
  result.complete = result.reason.empty();
  return result;
}

}  // namespace

Decoder utf7_decoder() {
  return {.name = "utf-7",
          .about = "text in UTF-7",
          .nature = Nature::container,
          .trigger = "[+&][A-Za-z0-9+/,]{3}",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
