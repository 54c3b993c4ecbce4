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

 private:
  ByteView input_;
  std::size_t at_ = 0;
};

}  // namespace candor::recognise
