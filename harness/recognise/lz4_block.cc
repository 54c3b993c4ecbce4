// SPDX-License-Identifier: Apache-2.0
#include "recognise/lz4_block.h"

#include <algorithm>
#include <array>

#include "recognise/endian.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortestMatch = 4;
constexpr std::size_t kMoreFollows = 15;

/// A length of which 15 stood in the token, and the rest follows; false if the block ends before it.
bool read_length(ByteView block, std::size_t& at, std::size_t& length) {
  if (length < kMoreFollows) return true;
  for (std::uint8_t more = 255; more == 255; ++at) {
    if (at >= block.size()) return false;
    more = block[at];
    length += more;
  }
  return true;
}

/// Copies from `distance` back, which may overlap what is being written; false at the output's bound.
bool copy_match(std::size_t distance, std::size_t length, Output& output) {
  std::array<std::uint8_t, 64> piece;
  while (length > 0) {
    const std::size_t part = std::min({length, distance, piece.size()});
    const ByteView from = output.written().subspan(output.size() - distance, part);
    std::copy(from.begin(), from.end(), piece.begin());
    if (!output.append(ByteView(piece).first(part))) return false;
    length -= part;
  }
  return true;
}

}  // namespace

Unpacked unpack_lz4_block(ByteView block, std::size_t floor, Output& output) {
  std::size_t at = 0;
  while (at < block.size()) {
    const std::size_t sequence = at;
    const std::uint8_t token = block[at++];
    std::size_t literals = token >> 4;
    if (!read_length(block, at, literals)) return {sequence, StreamEnd::cut_off};
    const std::size_t held = std::min(literals, block.size() - at);
    if (!output.append(block.subspan(at, held))) return {sequence, StreamEnd::budget};
    at += held;
    if (held < literals) return {at, StreamEnd::cut_off};
    if (at == block.size()) return {at, StreamEnd::complete};
    if (block.size() - at < 2) return {at, StreamEnd::cut_off};
    const std::size_t distance = little16(block, at);
    at += 2;
    std::size_t length = token & 15U;
    if (!read_length(block, at, length)) return {at, StreamEnd::cut_off};
    if (distance == 0 || distance > output.size() - floor) return {sequence, StreamEnd::corrupt};
    if (!copy_match(distance, length + kShortestMatch, output)) return {at, StreamEnd::budget};
  }
  return {at, StreamEnd::cut_off};
}

}  // namespace candor::recognise
