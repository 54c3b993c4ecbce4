// SPDX-License-Identifier: Apache-2.0
#include "recognise/recogniser.h"

#include <algorithm>
#include <utility>

#include "recognise/fold.h"
#include "recognise/matcher.h"
#include "recognise/pattern.h"
#include "recognise/replay.h"
#include "recognise/search.h"

namespace candor::recognise {

namespace {

using model::Hit;
using model::NotLookedInto;
using model::Recognition;

std::vector<Matcher::Pattern> literals_of(const std::vector<Pattern>& patterns) {
  std::vector<Matcher::Pattern> literals;
  for (const Pattern& pattern : patterns)
    literals.push_back({.literal = pattern.literal, .any_case = pattern.any_case});
  return literals;
}

std::vector<Matcher::Pattern> triggers_of_decoders() {
  std::vector<Matcher::Pattern> triggers;
  for (const Decoder& decoder : decoders())
    if (decoder.trigger != nullptr) triggers.push_back({.regex = decoder.trigger});
  return triggers;
}

bool names_what(const Pattern& pattern, const Hit& hit) {
  return pattern.kind == hit.kind && pattern.document == hit.document && pattern.what == hit.what &&
         pattern.place == hit.place;
}

bool proven(const std::vector<Pattern>& patterns, Replayer& replayer, const Hit& hit) {
  const std::optional<ByteView> layer = replayer.layer(hit.chain);
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
  State(std::vector<Pattern> what, Limits budgets)
      : patterns(std::move(what)),
        literals(literals_of(patterns)),
        triggers(triggers_of_decoders()),
        limits(budgets) {}
  std::vector<Pattern> patterns;
  // Two, because one of both takes a hundred times longer to compile.
  Matcher literals;
  Matcher triggers;
  Limits limits;
};

Recogniser::Recogniser(const model::Manifest& manifest, const std::vector<PlantedContent>& files,
                       Limits limits)
    : state_(std::make_unique<const State>(make_patterns(manifest, files), limits)) {}
Recogniser::Recogniser(Recogniser&&) noexcept = default;
Recogniser& Recogniser::operator=(Recogniser&&) noexcept = default;
Recogniser::~Recogniser() = default;

Recognition Recogniser::search(ByteView surface) const {
  Search search(state_->patterns, state_->literals, state_->triggers, state_->limits);
  LayerFinding finding = search.explore(surface);
  Recognition result;
  result.searched = search.searched();
  result.opaque = total(finding.opaque);
  result.not_looked_into = std::move(finding.not_looked_into);
  std::vector<NotLookedInto> unproven;
  Replayer replayer(surface, state_->limits.region_output);
  for (Hit& hit : folded(std::move(finding.hits), state_->limits.hits_per_thing)) {
    if (proven(state_->patterns, replayer, hit))
      result.hits.push_back(std::move(hit));
    else
      unproven.push_back(unproven_entry(hit, surface.size()));
  }
  // First, so that shortening keeps them.
  result.not_looked_into.insert(result.not_looked_into.begin(), unproven.begin(), unproven.end());
  shorten(result.not_looked_into, state_->limits.not_looked_into, surface.size());
  return result;
}

bool Recogniser::verify(ByteView surface, const Hit& hit) const {
  Replayer replayer(surface, state_->limits.region_output);
  return proven(state_->patterns, replayer, hit);
}

}  // namespace candor::recognise
