// SPDX-License-Identifier: Apache-2.0
#include "recognise/randomness.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "recognise/byte_class.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kBlock = 256;
/// Of blocks of 256 bytes. Base64 has 5.9 to 6.1, base85 6.3; dense markup and program text reach 5.5.
constexpr double kRandomTextEntropy = 5.7;

constexpr ByteClass kAsciiText = ByteClass("\t\r\n").range(0x20, 0x7e);
/// Anything that can be part of UTF-8 text: no controls, no bytes UTF-8 never has.
constexpr ByteClass kAnyText = ByteClass("\t\r\n").range(0x20, 0x7e).range(0x80, 0xbf).range(0xc2, 0xf4);

bool continuation(ByteView layer, std::size_t at) { return at < layer.size() && (layer[at] & 0xc0) == 0x80; }

/// The length of the multi-byte character at `at`, 0 if none is well-formed there (RFC 3629). C1 controls
/// (U+0080 to U+009F) are none.
std::size_t character_size(ByteView layer, std::size_t at) {
  const std::uint8_t lead = layer[at];
  if (lead < 0xc2 || lead > 0xf4 || !continuation(layer, at + 1)) return 0;
  const std::uint8_t second = layer[at + 1];
  if (lead < 0xe0) return lead == 0xc2 && second < 0xa0 ? 0 : 2;
  if (!continuation(layer, at + 2)) return 0;
  if (lead < 0xf0) {
    const bool overlong = lead == 0xe0 && second < 0xa0;
    const bool surrogate = lead == 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  const bool out_of_range = (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90);
  return out_of_range || !continuation(layer, at + 3) ? 0 : 4;
}

std::size_t text_end(ByteView layer, std::size_t at) {
  while (at < layer.size()) {
    if (kAsciiText.has(layer[at])) {
      ++at;
      continue;
    }
    const std::size_t size = character_size(layer, at);
    if (size == 0) break;
    at += size;
  }
  return at;
}

/// Most text is small letters and spaces; only blocks that are not need the costly look.
bool may_be_random(ByteView block) {
  const std::uint8_t* const bytes = block.data();
  unsigned plain = 0;
  for (std::size_t i = 0; i < kBlock; i += 16) {  // In pieces whose count fits a byte, for the vectoriser.
    std::uint8_t count = 0;
    for (std::size_t j = i; j < i + 16; ++j)
      count = static_cast<std::uint8_t>(count + ((bytes[j] >= 0x60) | (bytes[j] == ' ')));
    plain += count;
  }
  return plain * 16 < kBlock * 11;
}

}  // namespace

double entropy(ByteView bytes) {
  if (bytes.empty()) return 0;
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint8_t byte : bytes) ++counts[byte];
  const double size = static_cast<double>(bytes.size());
  double bits = 0;
  int kinds = 0;
  for (const std::uint32_t count : counts) {
    if (count == 0) continue;
    const double share = count / size;
    bits -= share * std::log2(share);
    ++kinds;
  }
  return bits + (kinds - 1) / (2 * size * std::log(2.0));
}

bool is_text(ByteView bytes) { return text_end(bytes, 0) == bytes.size(); }

Intervals text_runs(ByteView layer) {
  Intervals text;
  for_each_run(layer, kAnyText, kShortestText, [&](std::size_t begin, std::size_t end) {
    while (begin < end) {
      const std::size_t stop = text_end(layer.first(end), begin);
      if (stop - begin >= kShortestText) text.push_back({begin, stop});
      begin = stop + 1;
    }
    return true;
  });
  return text;
}

Intervals random_text(ByteView layer, const Intervals& text) {
  Intervals random;
  for (const Interval run : text) {
    for (std::size_t at = run.begin; at < run.end; at += kBlock) {
      // The last block of a run reaches back, so that it is as long as the others.
      const std::size_t end = std::min(run.end, at + kBlock);
      const std::size_t begin = run.size() < kBlock ? run.begin : std::min(at, end - kBlock);
      const ByteView block = layer.subspan(begin, end - begin);
      if (block.size() == kBlock && may_be_random(block) && entropy(block) > kRandomTextEntropy)
        random.push_back({begin, end});
    }
  }
  return normalised(std::move(random));
}

}  // namespace candor::recognise
