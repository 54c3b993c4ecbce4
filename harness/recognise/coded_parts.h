// SPDX-License-Identifier: Apache-2.0
//
// Which parts of a layer are text that is likelier to stand for other bytes than to be words: what a change
// of letters may hide an encoding in.
#pragma once

#include "base/bytes.h"
#include "recognise/intervals.h"

namespace candor::recognise {

/// In order; at most `limit`, the last of which then reaches to the end of the last such part. Each part has
/// some text around it. Pure; time is linear in the bytes.
[[nodiscard]] Intervals coded_parts(ByteView layer, std::size_t limit);

}  // namespace candor::recognise
