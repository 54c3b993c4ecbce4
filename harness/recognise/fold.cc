// SPDX-License-Identifier: Apache-2.0
#include "recognise/fold.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "recognise/fragments.h"

namespace candor::recognise {

namespace {

using model::DecodeStep;
using model::Hit;
using model::HitKind;

struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] bool overlaps(Span other) const { return begin < other.end && other.begin < end; }
  [[nodiscard]] bool holds(Span other) const { return begin <= other.begin && other.end <= end; }
};

Span span_of(const DecodeStep& step) { return {step.offset, step.offset + step.length}; }
Span span_of(const Hit& hit) { return {hit.offset, hit.offset + hit.length}; }
Span surface_span(const Hit& hit) { return hit.chain.empty() ? span_of(hit) : span_of(hit.chain.front()); }

bool same(const DecodeStep& a, const DecodeStep& b) {
  return a.decoder == b.decoder && a.offset == b.offset && a.length == b.length;
}

/// Whether `inner` was reached through the layer in which `outer` stands.
bool through_layer_of(const Hit& outer, const Hit& inner) {
  return outer.chain.size() <= inner.chain.size() &&
         std::equal(outer.chain.begin(), outer.chain.end(), inner.chain.begin(), same);
}

/// Bytes of `part` outside `whole`.
std::uint64_t reaches_out(Span whole, Span part) {
  if (!whole.overlaps(part)) return part.end - part.begin;
  return (part.begin < whole.begin ? whole.begin - part.begin : 0) +
         (part.end > whole.end ? part.end - whole.end : 0);
}

/// Whether a fragment is hardly more than the token in it.
bool is_just_around(const Hit& token, const Hit& fragment) {
  constexpr std::uint64_t kHardlyMore = 48;
  return surface_span(fragment).overlaps(surface_span(token)) &&
         fragment.length <= token.length + kHardlyMore;
}

/// Whether `inner` only repeats that `outer` was found.
bool repeats(const Hit& outer, const Hit& inner) {
  // What one document's file says is told by that file, even if another document says the same.
  const bool of_another = outer.document != inner.document;
  if (of_another && (outer.kind != HitKind::whole_file || inner.kind != HitKind::fragment)) return false;
  if (inner.kind == HitKind::fragment && outer.kind == HitKind::fragment)
    return outer.begin <= inner.begin && inner.end <= outer.end &&
           surface_span(outer).overlaps(surface_span(inner));
  if (inner.kind == HitKind::fragment && outer.kind == HitKind::token && is_just_around(outer, inner))
    return true;
  const bool one_thing = outer.kind == inner.kind && outer.what == inner.what;
  if (one_thing && surface_span(outer).overlaps(surface_span(inner))) return true;
  if (outer.kind != HitKind::whole_file && outer.kind != HitKind::path && outer.kind != HitKind::name)
    return false;
  const bool part_of_file = inner.kind == HitKind::token || inner.kind == HitKind::fragment ||
                            inner.kind == HitKind::hash || inner.kind == HitKind::fuzzy;
  const bool token_of_file = outer.kind == HitKind::whole_file && part_of_file;
  if (!through_layer_of(outer, inner))  // Two ways to read the same stretch.
    return token_of_file && surface_span(outer).overlaps(surface_span(inner));
  const bool same_layer = inner.chain.size() == outer.chain.size();
  const Span there = same_layer ? span_of(inner) : span_of(inner.chain[outer.chain.size()]);
  if (same_layer && inner.kind == HitKind::fragment)
    return reaches_out(span_of(outer), there) < kShortestFragment;
  // A region that reaches beyond the file may hold the token outside it; but the file has it for certain.
  return span_of(outer).holds(there) || (token_of_file && !same_layer && span_of(outer).overlaps(there));
}

auto order_to_fold(const Hit& hit) {
  const int rank = hit.kind == HitKind::whole_file ? 0 : hit.kind == HitKind::fragment ? 2 : 1;
  const bool path = hit.kind == HitKind::path;
  return std::tuple(rank, hit.chain.size(), !path, surface_span(hit).begin, hit.offset);
}

auto order_to_show(const Hit& hit) {
  return std::tuple(hit.chain.size(), surface_span(hit).begin, hit.offset, static_cast<int>(hit.kind),
                    hit.document, hit.what);
}

}  // namespace

std::vector<Hit> folded(std::vector<Hit> hits, std::size_t per_thing) {
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return order_to_fold(a) < order_to_fold(b); });
  std::map<std::string, std::vector<Hit>> kept;  // By document.
  std::vector<Hit> whole_files;
  std::map<std::tuple<std::string, HitKind, std::string>, std::size_t> counts;
  for (Hit& hit : hits) {
    std::vector<Hit>& others = kept[hit.document];
    const auto repeated_by = [&](const Hit& other) { return repeats(other, hit); };
    if (std::any_of(others.begin(), others.end(), repeated_by)) continue;
    if (hit.kind == HitKind::fragment && std::any_of(whole_files.begin(), whole_files.end(), repeated_by))
      continue;
    // No two fragments are the same thing, but many are no more telling than some.
    const std::string what = hit.kind == HitKind::fragment ? std::string() : hit.what;
    if (++counts[{hit.document, hit.kind, what}] > per_thing) continue;
    if (hit.kind == HitKind::whole_file) whole_files.push_back(hit);
    others.push_back(std::move(hit));
  }
  std::vector<Hit> result;
  for (auto& [document, others] : kept) std::move(others.begin(), others.end(), std::back_inserter(result));
  std::sort(result.begin(), result.end(),
            [](const Hit& a, const Hit& b) { return order_to_show(a) < order_to_show(b); });
  return result;
}

}  // namespace candor::recognise
