// SPDX-License-Identifier: Apache-2.0
#include "recognise/intervals.h"

#include <algorithm>

namespace candor::recognise {

Intervals normalised(Intervals any) {
  std::sort(any.begin(), any.end(), [](Interval a, Interval b) { return a.begin < b.begin; });
  Intervals set;
  for (const Interval next : any) {
    if (next.begin >= next.end) continue;
    if (!set.empty() && next.begin <= set.back().end)
      set.back().end = std::max(set.back().end, next.end);
    else
      set.push_back(next);
  }
  return set;
}

Intervals subtract(const Intervals& from, const Intervals& what) {
  Intervals rest;
  auto cut = what.begin();
  for (Interval left : from) {
    while (cut != what.end() && cut->end <= left.begin) ++cut;
    for (auto each = cut; each != what.end() && each->begin < left.end; ++each) {
      if (each->begin > left.begin) rest.push_back({left.begin, each->begin});
      left.begin = std::min(left.end, std::max(left.begin, each->end));
    }
    if (left.begin < left.end) rest.push_back(left);
  }
  return rest;
}

std::size_t total(const Intervals& set) {
  std::size_t sum = 0;
  for (const Interval each : set) sum += each.size();
  return sum;
}

bool holds(const Intervals& set, Interval part) {
  const auto after = std::upper_bound(set.begin(), set.end(), part.begin,
                                      [](std::size_t at, Interval each) { return at < each.begin; });
  return after != set.begin() && std::prev(after)->end >= part.end;
}

}  // namespace candor::recognise
