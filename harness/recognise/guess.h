// SPDX-License-Identifier: Apache-2.0
//
// Which changes of all bytes could make sense of a small stretch that nothing else does: tried last, on
// little.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::recognise {

/// Steps as change.h names them, the likeliest first, at most a few dozen: reversed order and swapped nibbles
/// always, rotated letters if there is text; XOR with and addition of one byte where the result would be
/// text, or begin as compressed data and archives do.
[[nodiscard]] std::vector<std::string> guess_changes(ByteView stretch);

}  // namespace candor::recognise
