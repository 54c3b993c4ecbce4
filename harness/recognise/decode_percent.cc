// SPDX-License-Identifier: Apache-2.0
//
// Percent-encoding of URLs and forms (RFC 3986). A plus sign stays one: what it means is not ours to guess.
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

Unescaped read(ByteView at_lead) {
  const std::int64_t value = hex_number(at_lead, 1, 2);
  return value < 0 ? Unescaped{} : one_byte(3, static_cast<int>(value));
}

Decoded decode(ByteView region, std::size_t max_output) { return unescape(region, max_output, '%', read); }

}  // namespace

Decoder percent_decoder() {
  return {.name = "percent",
          .about = "percent-encoding of URLs and forms",
          .nature = Nature::escape,
          .trigger = "%[0-9A-Fa-f]{2}",
          .decode = decode};
}

}  // namespace candor::recognise
