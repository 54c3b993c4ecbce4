// SPDX-License-Identifier: Apache-2.0
#include "recognise/recogniser.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "recognise/fold.h"
#include "recognise/pattern.h"
#include "recognise/replay.h"
#include "recognise/search.h"
#include "recognise/sought.h"

namespace candor::recognise {

namespace {

using model::Hit;
using model::NotLookedInto;
using model::Recognition;

bool names_what(const Pattern& pattern, const Hit& hit) {
  return pattern.kind == hit.kind && pattern.document == hit.document && pattern.what == hit.what &&
         pattern.place == hit.place;
}

bool fragment_stands(const Sought& sought, ByteView layer, const Hit& hit) {
  const auto found = std::find(sought.documents.begin(), sought.documents.end(), hit.document);
  if (found == sought.documents.end() || hit.offset > layer.size() || hit.length > layer.size() - hit.offset)
    return false;
  return sought.fragments.stands_at(static_cast<std::size_t>(found - sought.documents.begin()), hit.begin,
                                    hit.end, layer.subspan(hit.offset, hit.length));
}

bool proven(const Sought& sought, Replayer& replayer, const Hit& hit) {
  const std::optional<ByteView> layer = replayer.layer(hit.chain);
  if (layer && hit.kind == model::HitKind::fragment) return fragment_stands(sought, *layer, hit);
  if (layer && hit.kind == model::HitKind::hash) return sought.digests.stands_at(*layer, hit);
  if (layer && hit.kind == model::HitKind::fuzzy) return sought.fuzzy.stands_at(*layer, hit);
  const std::vector<Pattern>& patterns = sought.patterns;
  return layer && std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) {
           return names_what(pattern, hit) && length_of(pattern) == hit.length &&
                  stands_at(pattern, *layer, hit.offset);
         });
}

NotLookedInto unproven_entry(const Hit& hit, std::uint64_t surface) {
  return {.chain = hit.chain,
          .reason = "internal error: the chain of a hit for '" + hit.what + "' does not lead to it again",
          .bytes = surface};
}

/// Cuts the list to `limit` entries and sums the rest up in one more.
void shorten(std::vector<NotLookedInto>& list, std::size_t limit, std::uint64_t surface) {
  if (list.size() <= limit) return;
  std::uint64_t bytes = 0;
  for (std::size_t i = limit; i < list.size(); ++i) bytes += list[i].bytes;
  NotLookedInto rest;
  rest.reason = "and more regions than are listed";
  rest.bytes = std::min(bytes, surface);
  list.resize(limit);
  list.push_back(std::move(rest));
}

}  // namespace

struct Recogniser::State {
  Sought sought;
  Limits limits;
};

Recogniser::Recogniser(const model::Manifest& manifest, const std::vector<PlantedContent>& files,
                       Limits limits, const std::vector<ByteView>& boilerplate)
    : state_(new State{make_sought(manifest, files, boilerplate), limits}) {}
Recogniser::Recogniser(Recogniser&&) noexcept = default;
Recogniser& Recogniser::operator=(Recogniser&&) noexcept = default;
Recogniser::~Recogniser() = default;

Recognition Recogniser::search(ByteView surface) const { return search(surface, state_->limits); }

Recognition Recogniser::search_as_it_stands(ByteView surface) const {
  Limits limits = state_->limits;
  limits.decoders = false;
  return search(surface, limits);
}

Recognition Recogniser::search(ByteView surface, const Limits& limits) const {
  Search search(state_->sought, limits);
  LayerFinding finding = search.explore(surface);
  Recognition result;
  result.searched = search.searched();
  result.opaque = total(finding.opaque);
  result.coverage = search.coverage();
  result.not_looked_into = std::move(finding.not_looked_into);
  std::vector<NotLookedInto> unproven;
  Replayer replayer(surface, state_->limits.region_output);
  for (Hit& hit : folded(std::move(finding.hits), state_->limits.hits_per_thing)) {
    if (proven(state_->sought, replayer, hit))
      result.hits.push_back(std::move(hit));
    else
      unproven.push_back(unproven_entry(hit, surface.size()));
  }
  if (const std::uint64_t left_out = state_->sought.fragments.left_out(); left_out > 0)
    unproven.push_back({.reason = "fragments are not looked for: documents have " + std::to_string(left_out) +
                                  " bytes more than can be indexed",
                        .bytes = surface.size()});
  for (const std::size_t document : state_->sought.fragments.silenced())
    unproven.push_back(
        {.reason =
             "fragments of '" + printable(state_->sought.documents[document]) +
             "' are looked for in part only: more than three quarters of its text stand in the boilerplate",
         .bytes = surface.size()});
  // First, so that shortening keeps them.
  result.not_looked_into.insert(result.not_looked_into.begin(), unproven.begin(), unproven.end());
  shorten(result.not_looked_into, state_->limits.not_looked_into, surface.size());
  return result;
}

bool Recogniser::verify(ByteView surface, const Hit& hit) const {
  Replayer replayer(surface, state_->limits.region_output);
  return proven(state_->sought, replayer, hit);
}

}  // namespace candor::recognise
