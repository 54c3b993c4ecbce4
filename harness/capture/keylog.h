// SPDX-License-Identifier: Apache-2.0
//
// A TLS key log (NSS format): which of its lines are secrets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace candor::capture {

struct Keylog {
  std::vector<std::string> texts;  ///< Whole lines, each text at most kLargestKeylogText bytes long.
  std::uint64_t secrets = 0;       ///< Lines in them.
  std::uint64_t rejected = 0;      ///< Other lines, comments and empty ones aside.
};
inline constexpr std::size_t kLargestKeylogText = 1U << 20;

/// Keeps the lines "LABEL RANDOM SECRET": capitals, then two hex strings; what a killed writer left of a line
/// is none.
[[nodiscard]] Keylog read_keylog(std::string_view content);

}  // namespace candor::capture
