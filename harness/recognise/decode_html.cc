// SPDX-License-Identifier: Apache-2.0
//
// Character references of HTML and XML: numbers, and the names that text cannot do without.
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongest = 12;
constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kNames = {
    {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}}};

Unescaped number(std::string_view digits, std::size_t in_size) {
  const bool hex = !digits.empty() && (digits[0] | 0x20) == 'x';
  if (hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  return code_point(in_size, value);
}

Unescaped read(ByteView at_lead) {
  const std::string_view text = as_text(at_lead).substr(0, kLongest);
  const std::size_t semicolon = text.find(';');
  if (semicolon == text.npos || semicolon < 2) return {};
  const std::string_view reference = text.substr(1, semicolon - 1);
  if (reference[0] == '#') return number(reference.substr(1), semicolon + 1);
  for (const auto& [name, value] : kNames)
    if (reference == name) return code_point(semicolon + 1, value);
  return {};
}

Decoded decode(ByteView region, std::size_t max_output) { return unescape(region, max_output, '&', read); }

}  // namespace

Decoder html_decoder() {
  return {.name = "html",
          .about = "character references of HTML and XML",
          .nature = Nature::escape,
          .trigger = "&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp);",
          .decode = decode};
}

}  // namespace candor::recognise
