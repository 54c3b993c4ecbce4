// SPDX-License-Identifier: Apache-2.0
//
// Little-endian numbers in bytes; the caller has checked that they are there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace candor::recognise {

inline std::uint64_t little(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) value = value << 8 | bytes[at + i - 1];
  return value;
}
inline std::uint16_t little16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(little(bytes, at, 2));
}
inline std::uint32_t little32(ByteView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}

}  // namespace candor::recognise
