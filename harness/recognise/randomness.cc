// SPDX-License-Identifier: Apache-2.0
#include "recognise/randomness.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "recognise/byte_class.h"
#include "recognise/mask_runs.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kBlock = 256;
/// Of blocks of 256 bytes. Base64 has 5.9 to 6.1, base85 6.3; dense markup and program text reach 5.5.
constexpr double kRandomTextEntropy = 5.7;

constexpr ByteClass kAsciiText = ByteClass("\t\r\n").range(0x20, 0x7e);
constexpr std::size_t kWord = 64;

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

/// Bits for 32 bytes.
std::uint64_t bits_of(__m256i matches) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(matches)); }

/// Bytes of a half word in [first, last], both above 0x80.
std::uint64_t in_range(__m256i bytes, int first, int last) {
  const __m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(first)), bytes);
  const __m256i above = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(static_cast<char>(last)));
  return bits_of(
      _mm256_andnot_si256(_mm256_or_si256(below, above), _mm256_cmpgt_epi8(_mm256_setzero_si256(), bytes)));
}

struct TextBits {
  std::uint64_t ascii = 0;
  std::uint64_t continuation = 0;
  std::uint64_t lead2 = 0;
  std::uint64_t lead3 = 0;
  std::uint64_t lead4 = 0;
};

std::uint64_t ascii_half(__m256i bytes) {
  const std::uint64_t printable = bits_of(_mm256_and_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0x1f)),
                                                           _mm256_cmpgt_epi8(_mm256_set1_epi8(0x7f), bytes)));
  const __m256i breaks = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')),
                                         _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r')));
  return printable | bits_of(_mm256_or_si256(breaks, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t'))));
}

TextBits text_bits(const std::uint8_t* at) {
  TextBits bits;
  for (unsigned half = 0; half < 2; ++half) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32 * half));
    const unsigned shift = 32 * half;
    bits.ascii |= ascii_half(bytes) << shift;
    if (_mm256_movemask_epi8(bytes) == 0) continue;
    bits.continuation |= in_range(bytes, 0x80, 0xbf) << shift;
    bits.lead2 |= in_range(bytes, 0xc2, 0xdf) << shift;
    bits.lead3 |= in_range(bytes, 0xe0, 0xef) << shift;
    bits.lead4 |= in_range(bytes, 0xf0, 0xf4) << shift;
  }
  return bits;
}

/// Bytes that may be part of UTF-8 text: leads with as many continuations as they ask for, and those.
std::uint64_t may_be_text(const TextBits& bits, const TextBits& before, const TextBits& after) {
  const auto next = [&](unsigned count) {
    return static_cast<std::uint64_t>((bits.continuation | static_cast<Wide>(after.continuation) << 64) >>
                                      count);
  };
  if ((bits.continuation | bits.lead2 | bits.lead3 | bits.lead4) == 0) return bits.ascii;
  // A continuation is told by what stands before it; whether all leads there are right is checked later.
  const auto last = [&](std::uint64_t TextBits::*lead, unsigned count) {
    const std::uint64_t here = bits.*lead;
    return here << count | before.*lead >> (64 - count);
  };
  const std::uint64_t follows = last(&TextBits::lead2, 1) | last(&TextBits::lead3, 1) |
                                last(&TextBits::lead3, 2) | last(&TextBits::lead4, 1) |
                                last(&TextBits::lead4, 2) | last(&TextBits::lead4, 3);
  const std::uint64_t leads =
      (bits.lead2 & next(1)) | (bits.lead3 & next(1) & next(2)) | (bits.lead4 & next(1) & next(2) & next(3));
  return bits.ascii | leads | (bits.continuation & follows);
}

TextBits rest_bits(ByteView layer, std::size_t from) {
  std::array<std::uint8_t, kWord> rest{};
  if (from < layer.size())
    std::copy(layer.begin() + static_cast<std::ptrdiff_t>(from), layer.end(), rest.begin());
  return text_bits(rest.data());
}

/// A bit for each byte that is text, or may be.
Mask text_mask(ByteView layer) {
  const std::size_t words = (layer.size() + kWord - 1) / kWord;
  Mask mask(words + 1);
  const auto bits_at = [&](std::size_t word) {
    return (word + 1) * kWord <= layer.size() ? text_bits(layer.data() + word * kWord)
                                              : rest_bits(layer, word * kWord);
  };
  TextBits before;
  TextBits bits = bits_at(0);
  for (std::size_t word = 0; word < words; ++word) {
    const TextBits after = word + 1 < words ? bits_at(word + 1) : TextBits{};
    mask[word] = may_be_text(bits, before, after);
    before = bits;
    bits = after;
  }
  return mask;
}

bool all_ascii(ByteView bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte >= 0x80; });
}

/// Most text is small letters and spaces; only blocks that are not need the costly look.
bool may_be_random(ByteView block) {
  unsigned plain = 0;
  for (std::size_t i = 0; i < kBlock; i += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block.data() + i));
    const __m256i small = _mm256_or_si256(_mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0x5f)),
                                          _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(' ')));
    // Bytes from 0x80 on are letters of other scripts.
    plain += static_cast<unsigned>(
        std::popcount(static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(small, bytes)))));
  }
  return plain * 16 < kBlock * 11;
}

/// n log2 n of small counts.
const std::array<double, kBlock + 1>& weighted_logs() {
  static const std::array<double, kBlock + 1> table = [] {
    std::array<double, kBlock + 1> values{};
    for (std::size_t n = 2; n < values.size(); ++n)
      values[n] = static_cast<double>(n) * std::log2(static_cast<double>(n));
    return values;
  }();
  return table;
}

}  // namespace

double entropy(ByteView bytes) {
  if (bytes.empty()) return 0;
  // In two halves, so that repeated letters do not wait for each other.
  std::array<std::array<std::uint32_t, 256>, 2> counts{};
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    ++counts[0][bytes[i]];
    ++counts[1][bytes[i + 1]];
  }
  if (bytes.size() % 2 != 0) ++counts[0][bytes.back()];
  const double size = static_cast<double>(bytes.size());
  const std::array<double, kBlock + 1>& logs = weighted_logs();
  double weighted = 0;
  int kinds = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    const std::uint32_t count = counts[0][i] + counts[1][i];
    if (count == 0) continue;
    weighted += count < logs.size() ? logs[count] : count * std::log2(static_cast<double>(count));
    ++kinds;
  }
  return std::log2(size) - weighted / size + (kinds - 1) / (2 * size * std::log(2.0));
}

bool is_text(ByteView bytes) { return text_end(bytes, 0) == bytes.size(); }

Intervals text_runs(ByteView layer) {
  Intervals text;
  for_each_mask_run<kShortestText>(text_mask(layer), [&](std::size_t begin, std::size_t end) {
    if (all_ascii(layer.subspan(begin, end - begin))) return text.push_back({begin, end});
    while (begin < end) {
      const std::size_t stop = text_end(layer.first(end), begin);
      if (stop - begin >= kShortestText) text.push_back({begin, stop});
      begin = stop + 1;
    }
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
