// SPDX-License-Identifier: Apache-2.0
#include "internet/text_check.h"

namespace candor::internet {

void TextCheck::add(ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    if (!good_) return;
    good_ = missing_ == 0 ? start(byte) : go_on(byte);
  }
}

bool TextCheck::start(std::uint8_t byte) {
  if (byte < 0x80)
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  if (byte >= 0xc2 && byte <= 0xdf) {
    missing_ = 1, value_ = byte & 0x1fU, smallest_ = 0x80;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    missing_ = 2, value_ = byte & 0x0fU, smallest_ = 0x800;
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    missing_ = 3, value_ = byte & 0x07U, smallest_ = 0x10000;
  } else {
    return false;
  }
  return true;
}

bool TextCheck::go_on(std::uint8_t byte) {
  if ((byte & 0xc0U) != 0x80) return false;
  value_ = value_ << 6 | (byte & 0x3fU);
  if (--missing_ > 0) return true;
  const bool surrogate = value_ >= 0xd800 && value_ <= 0xdfff;
  return value_ >= smallest_ && value_ <= 0x10ffff && !surrogate && value_ >= 0xa0;
}

}  // namespace candor::internet
