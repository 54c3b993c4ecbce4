// SPDX-License-Identifier: Apache-2.0
//
// Quoted-printable (RFC 2045, section 6.7), soft line breaks included.
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

Unescaped read(ByteView at_lead) {
  if (at_lead.size() >= 2 && at_lead[1] == '\n') return {.in_size = 2};
  if (at_lead.size() >= 3 && at_lead[1] == '\r' && at_lead[2] == '\n') return {.in_size = 3};
  const std::int64_t value = hex_number(at_lead, 1, 2);
  return value < 0 ? Unescaped{} : one_byte(3, static_cast<int>(value));
}

Decoded decode(ByteView region, std::size_t max_output) { return unescape(region, max_output, '=', read); }

}  // namespace

Decoder quoted_printable_decoder() {
  return {.name = "quoted-printable",
          .about = "quoted-printable text of mail",
          .nature = Nature::escape,
          .trigger = "=([0-9A-Fa-f]{2}|\\r?\\n)",
          .decode = decode};
}

}  // namespace candor::recognise
