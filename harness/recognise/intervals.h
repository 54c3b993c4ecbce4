// SPDX-License-Identifier: Apache-2.0
//
// Sets of byte positions of one layer, as sorted, disjoint, non-empty half-open intervals.
#pragma once

#include <cstddef>
#include <vector>

namespace candor::recognise {

struct Interval {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
  bool operator==(const Interval&) const = default;
};

using Intervals = std::vector<Interval>;

/// Any intervals, overlapping or empty, as a set.
[[nodiscard]] Intervals normalised(Intervals any);
/// The positions of `from` that are not in `what`; both are sets.
[[nodiscard]] Intervals subtract(const Intervals& from, const Intervals& what);
[[nodiscard]] std::size_t total(const Intervals& set);
/// Whether one interval of the set holds all of `part`.
[[nodiscard]] bool holds(const Intervals& set, Interval part);

}  // namespace candor::recognise
