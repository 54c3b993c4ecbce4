// SPDX-License-Identifier: Apache-2.0
//
// Bits of a stream, least significant of each byte first; beyond its end they are zero.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace candor::recognise {

class BitReader {
 public:
  explicit BitReader(ByteView input) : input_(input) {}
  /// At most 32.
  unsigned take(unsigned count) {
    unsigned value = 0;
    for (unsigned bit = 0; bit < count; ++bit, ++at_) {
      if (at_ / 8 >= input_.size()) continue;
      value |= ((input_[at_ / 8] >> (at_ % 8)) & 1U) << bit;
    }
    return value;
  }

  /// Goes on to the next whole byte; false if a bit that was passed over is set.
  bool align() { return take(static_cast<unsigned>((8 - at_ % 8) % 8)) == 0; }
  void skip_bytes(std::size_t count) { at_ += 8 * count; }
  /// Whole bytes passed.
  [[nodiscard]] std::size_t position() const { return at_ / 8; }
  [[nodiscard]] bool beyond_end() const { return at_ > 8 * input_.size(); }

 private:
  ByteView input_;
  std::size_t at_ = 0;
};

}  // namespace candor::recognise
