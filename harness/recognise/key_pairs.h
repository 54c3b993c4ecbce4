// SPDX-License-Identifier: Apache-2.0
//
// Two keys of one byte on top of each other, one put on by XOR and one by addition: together they are none of
// the ways of one key. For each outer key, which inner ones would make sense. Pure. Takes some 500 passes
// over the bytes, each of them cheap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "recognise/intervals.h"
#include "recognise/one_byte_key.h"

namespace candor::recognise {

struct KeyPair {
  std::uint8_t outer = 0;  ///< Put on last, to be undone first.
  std::uint8_t inner = 0;
  Interval part;
  bool marked = false;  ///< A mark too long for chance stands there under it.
};

/// The likeliest first, at most `limit`; `outer` is added or xored, the inner way is the other. Pairs that
/// are the same as one key, or as bits inverted and one key, are left out.
[[nodiscard]] std::vector<KeyPair> likely_pairs(ByteView bytes, Way outer, std::size_t limit);

}  // namespace candor::recognise
