// SPDX-License-Identifier: Apache-2.0
//
// Which one-byte keys would make sense of some bytes, told by marks that containers and messages have, by
// stretches that would be text, and by what stands between wide characters. No key is tried on the whole. A
// stretch that is text as it stands has no say. Pure; time is linear in the bytes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "recognise/intervals.h"
#include "recognise/one_byte_key.h"

namespace candor::recognise {

/// Whether a container's or message's mark stands there as it is.
[[nodiscard]] bool has_mark(ByteView bytes);

/// Whether wide characters stand there.
[[nodiscard]] bool has_wide(ByteView bytes);

struct LikelyKey {
  std::uint8_t key = 0;
  Interval part;  ///< Where it may have been put on: what speaks for it, and some way around.
};

/// Keys other than 0, the likeliest first, at most `limit`; and inverted bits, if anything speaks for
/// them.
[[nodiscard]] std::vector<LikelyKey> likely_keys(ByteView bytes, Way way, std::size_t limit);

}  // namespace candor::recognise
