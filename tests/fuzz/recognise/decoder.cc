// SPDX-License-Identifier: Apache-2.0
// Any bytes may be decoded by any decoder: what it gives is bounded and consistent. The first two bytes
// choose the decoder, by its name, so that a corpus stays good when others are added.
#include "recognise/decoder.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string_view>

namespace {

using candor::recognise::Decoded;
using candor::recognise::Decoder;

constexpr std::size_t kMaxOutput = 1U << 20;

std::uint16_t number_of(std::string_view name) {
  return std::accumulate(name.begin(), name.end(), std::uint16_t{0}, [](std::uint16_t sum, char c) {
    return static_cast<std::uint16_t>(257 * sum + static_cast<std::uint8_t>(c));
  });
}

/// The one whose number is next to `chosen`.
const Decoder& decoder_of(std::uint16_t chosen) {
  const auto distance = [chosen](const Decoder& decoder) {
    return static_cast<std::uint16_t>(number_of(decoder.name) - chosen);
  };
  const auto& all = candor::recognise::decoders();
  return *std::min_element(all.begin(), all.end(),
                           [&](const Decoder& a, const Decoder& b) { return distance(a) < distance(b); });
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Decoded& decoded, std::size_t region) {
  require(decoded.bytes.size() <= kMaxOutput);
  require(decoded.consumed <= region);
  std::size_t end = 0;
  for (const auto& member : decoded.members) {
    require(member.begin >= end && member.size <= decoded.bytes.size() - member.begin);
    end = member.begin + member.size;
    require(end <= decoded.bytes.size());
  }
  std::uint64_t out = 0;
  std::uint64_t in = 0;
  for (const auto& edit : decoded.edits) {
    require(edit.out >= out && edit.in >= in);
    out = std::uint64_t{edit.out} + edit.out_size;
    in = std::uint64_t{edit.in} + edit.in_size;
    require(out <= decoded.bytes.size() && in <= decoded.consumed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const candor::ByteView region(data + 2, size - 2);
  check(decoder_of(static_cast<std::uint16_t>(data[0] << 8 | data[1])).decode(region, kMaxOutput),
        region.size());
  return 0;
}
