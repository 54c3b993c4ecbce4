// SPDX-License-Identifier: Apache-2.0
//
// Blocks of LZ4 (lz4_Block_format.md) that are cut off or damaged: liblz4 gives a block as a whole or
// nothing, and a block may hold 8 MiB.
#pragma once

#include "recognise/unpack.h"

namespace candor::recognise {

/// Appends what the block holds up to its end or the damage. Its matches reach back no further than `floor`
/// in the output. `consumed` is exact to the sequence.
[[nodiscard]] Unpacked unpack_lz4_block(ByteView block, std::size_t floor, Output& output);

}  // namespace candor::recognise
