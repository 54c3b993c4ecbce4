// SPDX-License-Identifier: Apache-2.0
//
// Takes big-endian fields off the front of a message. Once it ran out of bytes it is no longer good(), and
// all further fields are 0 or empty. Views point into the message.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace candor::capture {

class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : whole_(bytes.size()), rest_(bytes) {}
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }
  /// Bytes taken so far.
  [[nodiscard]] std::size_t position() const { return whole_ - rest_.size(); }
  [[nodiscard]] ByteView rest() const { return rest_; }
  ByteView take(std::size_t size) {
    if (size > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  std::uint8_t u8() {
    const ByteView byte = take(1);
    return good_ ? byte[0] : std::uint8_t{0};
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8U | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16U | u16();
  }

 private:
  std::size_t whole_;
  ByteView rest_;
  bool good_ = true;
};

}  // namespace candor::capture
