// SPDX-License-Identifier: Apache-2.0
//
// Leaves of many hits those that say something of their own: the shortest way to each thing in each place of
// the surface, and nothing that only repeats that a whole file, path or name was found.
#pragma once

#include <cstddef>
#include <vector>

#include "model/hit.h"

namespace candor::recognise {

/// Shortest chains first, then in order of the surface; at most `per_thing` of one kind, document and thing.
[[nodiscard]] std::vector<model::Hit> folded(std::vector<model::Hit> hits, std::size_t per_thing);

}  // namespace candor::recognise
