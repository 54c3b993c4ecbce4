// SPDX-License-Identifier: Apache-2.0
//
// Foreign bytes to search in: random ones from a seed, and what is installed on the machine, by kind.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::bench {

struct Sort {
  std::string name;  ///< "random", "text", "html", "executables", "compressed".
  Bytes bytes;       ///< Whole files one after the other, the last one cut.
};

/// `size` bytes of each sort: files of /usr in the order of their paths, told apart by their first bytes and
/// names, over again if there are too few. Throws Error if a sort has none at all.
[[nodiscard]] std::vector<Sort> make_mix(std::size_t size, std::uint64_t seed);

}  // namespace candor::bench
