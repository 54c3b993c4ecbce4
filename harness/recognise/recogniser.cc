// SPDX-License-Identifier: Apache-2.0
#include "recognise/recogniser.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "recognise/fold.h"
#include "recognise/known.h"
#include "recognise/matcher.h"
#include "recognise/parts.h"
#include "recognise/pattern.h"
#include "recognise/replay.h"
#include "recognise/search.h"

namespace candor::recognise {

namespace {

using model::Hit;
using model::NotLookedInto;
using model::Recognition;

/// Those that nothing else looks for.
std::vector<std::size_t> by_literal(const std::vector<Pattern>& patterns) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < patterns.size(); ++i)
    if (!patterns[i].canary || patterns[i].literal.size() < kShortestKnown) indices.push_back(i);
  return indices;
}

std::vector<Matcher::Pattern> literals_of(const std::vector<Pattern>& patterns,
                                          const std::vector<std::size_t>& indices) {
  std::vector<Matcher::Pattern> literals;
  for (const std::size_t index : indices)
    literals.push_back({.literal = patterns[index].literal, .any_case = patterns[index].any_case});
  return literals;
}

std::vector<Matcher::Pattern> triggers_of(Nature nature) {
  std::vector<Matcher::Pattern> triggers;
  for (const std::size_t decoder : triggered(nature))
    triggers.push_back({.regex = decoders()[decoder].trigger});
  return triggers;
}

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

namespace {

std::vector<std::string> ids_of(const std::vector<PlantedContent>& files) {
  std::vector<std::string> ids;
  for (const PlantedContent& file : files) ids.push_back(file.document);
  return ids;
}

/// A document's text before its bytes: where both are alike, coverage is told by the text.
std::vector<FragmentIndex::Source> sources_of(const model::Manifest& manifest,
                                              const std::vector<PlantedContent>& files) {
  std::vector<FragmentIndex::Source> sources;
  for (std::size_t document = 0; document < files.size(); ++document) {
    const PlantedContent& file = files[document];
    const bool control =
        std::any_of(manifest.documents.begin(), manifest.documents.end(),
                    [&](const auto& each) { return each.id == file.document && each.control(); });
    if (!file.text.empty())
      sources.push_back(
          {.document = document, .bytes = file.text, .is_text = true, .sent_on_purpose = control});
    sources.push_back({.document = document, .bytes = file.content, .sent_on_purpose = control});
  }
  return sources;
}

Sought make_sought(const model::Manifest& manifest, const std::vector<PlantedContent>& files,
                   const std::vector<ByteView>& boilerplate) {
  if (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("bmi2") == 0)
    throw Error("this processor lacks AVX2 or BMI2 (x86-64-v3), which the recogniser is compiled for");
  std::vector<Pattern> patterns = make_patterns(manifest, files);
  const std::vector<std::size_t> literals = by_literal(patterns);
  std::vector<Known> known = make_known(patterns, files);
  const Parts parts = take_apart(manifest, files);
  return {.patterns = patterns,
          .of_literals = literals,
          .literals = Matcher(literals_of(patterns, literals)),
          .disguised = DisguisedIndex(std::move(known)),
          .alphabets = AlphabetIndex(make_passages(patterns, files)),
          .fragments = FragmentIndex(sources_of(manifest, files), boilerplate),
          .digests = DigestIndex(digests_of(parts.documents, manifest.identities)),
          .fuzzy = FuzzyIndex(parts.documents),
          .containers = Matcher(triggers_of(Nature::container)),
          .escapes = Matcher(triggers_of(Nature::escape)),
          .documents = ids_of(files)};
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
