// SPDX-License-Identifier: Apache-2.0
#include "capture/packing.h"

namespace candor::capture {

namespace {

/// Joins `bits` low bits of each value from `skipped` on; what fills no byte at the end is left out.
Bytes joined_bits(std::span<const std::uint64_t> values, const Packing& packing) {
  const unsigned per_byte = 8 / packing.bits;
  const std::uint64_t mask = (1U << packing.bits) - 1;
  const std::uint64_t flip = packing.inverted ? mask : 0;
  Bytes bytes;
  bytes.reserve(values.size() / per_byte);
  for (std::size_t at = packing.skipped; at + per_byte <= values.size(); at += per_byte) {
    unsigned byte = 0;
    for (unsigned i = 0; i < per_byte; ++i) {
      const auto part = static_cast<unsigned>((values[at + i] & mask) ^ flip);
      byte |= part << packing.bits * (packing.high_first ? per_byte - 1 - i : i);
    }
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  return bytes;
}

Bytes joined_bytes(std::span<const std::uint64_t> values, unsigned width, const Packing& packing) {
  const unsigned size = packing.bits / 8;
  Bytes bytes;
  bytes.reserve(values.size() * size);
  std::uint64_t last = 0;
  for (std::uint64_t value : values) {
    const std::uint64_t given = value;
    if (packing.part == Packing::Part::difference) value -= last;
    if (packing.part == Packing::Part::high) value >>= (width + 7) / 8 * 8 - 8;
    last = given;
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = packing.part == Packing::Part::whole_little_endian ? i : size - 1 - i;
      bytes.push_back(static_cast<std::uint8_t>(value >> shift * 8));
    }
  }
  return bytes;
}

}  // namespace

std::string Packing::text() const {
  const std::string boundary = skipped > 0 ? ", the first " + std::to_string(skipped) + " left out" : "";
  const std::string inversion = inverted ? ", inverted" : "";
  if (bits < 8)
    return "low " + (bits == 1 ? std::string("bit") : std::to_string(bits) + " bits") + " joined, first " +
           (high_first ? "highest" : "lowest") + inversion + boundary;
  switch (part) {
    case Part::whole:
      return "values joined";
    case Part::whole_little_endian:
      return "values joined, low byte first";
    case Part::low:
      return bits == 8 ? "low bytes joined" : "low " + std::to_string(bits / 8) + " bytes joined";
    case Part::high:
      return "high bytes joined";
    case Part::difference:
      return "differences joined, low bytes";
  }
  return {};
}

void pack(std::span<const std::uint64_t> values, unsigned width, bool inverted,
          const std::function<void(const Packing&, ByteView)>& use) {
  const auto bytes = [&](Packing::Part part, unsigned size) {
    const Packing packing{.part = part, .bits = size * 8};
    use(packing, joined_bytes(values, width, packing));
  };
  const unsigned size = (width + 7) / 8;
  bytes(Packing::Part::low, 1);
  if (size > 1) {
    bytes(Packing::Part::whole, size);
    bytes(Packing::Part::whole_little_endian, size);
    bytes(Packing::Part::high, 1);
  }
  if (size > 2) bytes(Packing::Part::low, 2);
  if (width >= 8) bytes(Packing::Part::difference, 1);
  for (const unsigned bits : {1U, 2U, 4U}) {
    if (bits > width) break;
    for (std::size_t skipped = 0; skipped < 8 / bits; ++skipped)
      for (const bool high_first : {true, false})
        for (int inversion = 0; inversion <= (inverted && bits == 1 ? 1 : 0); ++inversion) {
          const Packing packing{
              .bits = bits, .high_first = high_first, .inverted = inversion == 1, .skipped = skipped};
          use(packing, joined_bits(values, packing));
        }
  }
}

}  // namespace candor::capture
