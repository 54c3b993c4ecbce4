// SPDX-License-Identifier: Apache-2.0
//
// Whether a byte stream is printable UTF-8 so far, told piece by piece.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace candor::internet {

class TextCheck {
 public:
  void add(ByteView bytes);
  /// True if everything so far is well-formed UTF-8 without control characters other than tab, CR, LF and FF.
  /// A character cut at the end does not count as whole.
  [[nodiscard]] bool printable() const { return good_ && missing_ == 0; }

 private:
  bool start(std::uint8_t byte);
  bool go_on(std::uint8_t byte);

  bool good_ = true;
  int missing_ = 0;             // continuation bytes still to come
  std::uint32_t value_ = 0;     // of the character being put together
  std::uint32_t smallest_ = 0;  // value that needs as many bytes as it has
};

}  // namespace candor::internet
