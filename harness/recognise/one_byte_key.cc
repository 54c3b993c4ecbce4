// SPDX-License-Identifier: Apache-2.0
#include "recognise/one_byte_key.h"

namespace candor::recognise {

namespace {

std::uint8_t swapped(std::uint8_t byte) { return static_cast<std::uint8_t>(byte << 4 | byte >> 4); }
std::uint8_t inverted(std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); }

}  // namespace

std::uint8_t without_key(std::uint8_t byte, std::uint8_t key, Way way) {
  switch (way) {
    case Way::xored:
      return byte ^ key;
    case Way::added:
      return static_cast<std::uint8_t>(byte - key);
    case Way::added_to_swapped:
      return swapped(static_cast<std::uint8_t>(byte - key));
    case Way::added_to_inverted:
      return inverted(static_cast<std::uint8_t>(byte - key));
  }
  return byte;
}

std::uint8_t key_for(std::uint8_t byte, std::uint8_t plain, Way way) {
  switch (way) {
    case Way::xored:
      return byte ^ plain;
    case Way::added:
      return static_cast<std::uint8_t>(byte - plain);
    case Way::added_to_swapped:
      return static_cast<std::uint8_t>(byte - swapped(plain));
    case Way::added_to_inverted:
      return static_cast<std::uint8_t>(byte - inverted(plain));
  }
  return 0;
}

}  // namespace candor::recognise
