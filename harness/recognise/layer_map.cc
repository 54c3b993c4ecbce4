// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include <algorithm>
#include <array>

#include "recognise/decoder.h"
#include "recognise/mask_runs.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kWord = 64;

std::uint64_t solid_half(__m256i bytes) {
  // Signed comparison: bytes from 0x80 on are negative.
  const __m256i solid = _mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0x20)),
                                         _mm256_cmpgt_epi8(_mm256_set1_epi8(0x7f), bytes));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(solid));
}

std::uint64_t solid_word(const std::uint8_t* bytes) {
  const std::uint64_t low = solid_half(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)));
  const std::uint64_t high =
      solid_half(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + kWord / 2)));
  return low | high << 32;
}

}  // namespace

LayerMap map_of(ByteView layer) {
  LayerMap map{.bytes = layer};
  Mask solid(layer.size() / kWord + 2);
  const std::size_t whole = layer.size() / kWord;
  for (std::size_t word = 0; word < whole; ++word) solid[word] = solid_word(layer.data() + word * kWord);
  std::array<std::uint8_t, kWord> rest{};
  std::copy(layer.begin() + static_cast<std::ptrdiff_t>(whole * kWord), layer.end(), rest.begin());
  solid[whole] = solid_word(rest.data());
  for_each_mask_run<LayerMap::kShortestSolid>(solid, [&](std::size_t begin, std::size_t end) {
    map.solid.push_back({begin, end});
  });
  return map;
}

}  // namespace candor::recognise
