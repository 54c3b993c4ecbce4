// SPDX-License-Identifier: Apache-2.0
//
// What stands in a layer, and where decoders may begin.
#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "recognise/change.h"
#include "recognise/search_layer.h"

namespace candor::recognise {

namespace {

/// Of the layer on either side of a change that was recognised.
constexpr std::size_t kAroundAChange = 64U << 10;
constexpr std::size_t kMostDerived = 1000;  ///< Different digests told of one layer.
constexpr std::size_t kShownOfAFragment = 32;

}  // namespace

void Search::Layer::match_literals() {
  const Sought& sought = search_.sought_;
  sought.literals.scan(bytes_, search_.literals_scratch_, [&](std::size_t id, std::size_t end) {
    const Pattern& pattern = sought.patterns[sought.of_literals[id]];
    on_pattern(pattern, end - std::min(pattern.literal.size(), Matcher::kLiteralLimit));
  });
}

void Search::Layer::match() {
  match_literals();
  if (!search_.limits_.decoders) return;
  const Sought& sought = search_.sought_;
  sought.containers.scan(bytes_, search_.containers_scratch_,
                         [&](std::size_t id, std::size_t end) { on_container(with_magic_[id], end); });
  std::map<std::size_t, EscapeWindows> windows;  // By decoder.
  sought.escapes.scan(bytes_, search_.escapes_scratch_, [&](std::size_t id, std::size_t end) {
    on_escape(windows.try_emplace(with_escapes_[id], bytes_, most_candidates()).first->second, end);
  });
  for (auto& [decoder, window] : windows) {
    const std::vector<Region> regions = window.finish();
    for (const Region& region : regions) candidates_.push_back({decoder, region});
    if (window.overflowed()) too_many(decoder, regions.back().offset);
  }
}

void Search::Layer::find_regions(const LayerMap& map) {
  for (const std::size_t decoder : with_runs_) find_runs(decoder, map);
  try_at_begin();
}

void Search::Layer::try_at_begin() {
  if (bytes_.empty() || edits_ != nullptr || origin_.depth >= search_.limits_.depth) return;
  for (const std::size_t decoder : at_begin_) candidates_.push_back({decoder, {.length = bytes_.size()}});
}

void Search::Layer::on_pattern(const Pattern& pattern, std::size_t begin) {
  const std::size_t length = length_of(pattern);
  if (!stands_at(pattern, bytes_, begin) || !is_new(begin, begin + length)) return;
  if (!pattern.whole.empty()) whole_files_.push_back({begin, begin + length});
  if (++counts_[&pattern] > search_.limits_.hits_per_thing) return;
  finding_.hits.push_back({.kind = pattern.kind,
                           .document = pattern.document,
                           .what = pattern.what,
                           .place = pattern.place,
                           .offset = begin,
                           .length = length});
}

void Search::Layer::find_disguised() {
  if (bytes_.size() < kShortestKnown) return;
  std::function<void(Change)> told;
  if (!origin_.guessed) told = [this](const Change& change) { on_change(change); };
  search_.sought_.disguised.scan(
      bytes_, [this](std::size_t id, std::size_t begin) { on_pattern(search_.sought_.patterns[id], begin); },
      told);
  for (auto& [step, parts] : changes_)
    for (const Interval part : normalised(std::move(parts.around))) {
      const std::size_t begin = part.begin - part.begin % parts.period;
      candidates_.push_back({.region = {.offset = begin, .length = part.end - begin}, .change = step});
    }
}

void Search::Layer::on_change(const Change& change) {
  const auto kind = static_cast<unsigned>(change_kind(change.step));
  if ((origin_.changes & kind) != 0 || !is_new(change.begin, change.end)) return;
  Changed& changed = changes_[change.step];
  changed.period = change.period;
  changed.around.push_back({change.begin - std::min(change.begin, kAroundAChange),
                            std::min(bytes_.size(), change.end + kAroundAChange)});
  if (changed.around.size() > 1000) changed.around = normalised(std::move(changed.around));
}

void Search::Layer::find_alphabets(const LayerMap& map) {
  if ((origin_.changes & static_cast<unsigned>(ChangeKind::alphabet)) != 0) return;
  search_.sought_.alphabets.scan(map, [this](const Alphabetic& run) {
    if (is_new(run.begin, run.end) && candidates_.size() < most_candidates())
      candidates_.push_back(
          {.region = {.offset = run.begin, .length = run.end - run.begin}, .change = run.step});
  });
}

void Search::Layer::find_fragments() {
  const FragmentIndex& index = search_.sought_.fragments;
  std::map<std::size_t, std::vector<FragmentIndex::Fragment>> found;  // By document.
  index.scan(bytes_, [&](const FragmentIndex::Fragment& fragment) {
    if (!is_new(fragment.offset, fragment.offset + fragment.length)) return;
    search_.cover(fragment);
    std::vector<FragmentIndex::Fragment>& list = found[fragment.document];
    list.push_back(fragment);
    if (list.size() >= 2 * search_.limits_.hits_per_thing + 64) keep_longest(list);
  });
  for (auto& [document, list] : found) {
    keep_longest(list);
    for (const FragmentIndex::Fragment& fragment : list) add_fragment(fragment);
  }
}

void Search::Layer::find_derived(const LayerMap& map) {
  const Sought& sought = search_.sought_;
  std::map<std::string, std::size_t> told;
  const auto keep = [&](model::Hit hit) {
    if (!is_new(hit.offset, hit.offset + hit.length) || told.size() > kMostDerived) return;
    if (++told[hit.document + "/" + hit.what] <= search_.limits_.hits_per_thing)
      finding_.hits.push_back(std::move(hit));
  };
  sought.digests.scan(map, [&](const DigestHit& hit) { keep(hit.to_model()); });
  sought.fuzzy.scan(map, [&](const FuzzyHit& hit) { keep(hit.to_model()); });
}

void Search::Layer::keep_longest(std::vector<FragmentIndex::Fragment>& list) const {
  const std::size_t most = std::min(list.size(), search_.limits_.hits_per_thing);
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(most), list.end(),
                    [](const auto& a, const auto& b) {
                      return a.length != b.length ? a.length > b.length : a.offset < b.offset;
                    });
  list.resize(most);
}

void Search::Layer::add_fragment(const FragmentIndex::Fragment& fragment) {
  const Sought& sought = search_.sought_;
  const ByteView text = sought.fragments.text_at(fragment.document, fragment.begin, fragment.end);
  finding_.hits.push_back({.kind = model::HitKind::fragment,
                           .document = sought.documents[fragment.document],
                           .what = std::string(as_text(text.first(std::min(text.size(), kShownOfAFragment)))),
                           .place = std::to_string(fragment.end - fragment.begin) + " bytes",
                           .offset = fragment.offset,
                           .length = fragment.length,
                           .begin = fragment.begin,
                           .end = fragment.end});
}

void Search::Layer::on_escape(EscapeWindows& window, std::size_t end) const {
  constexpr std::size_t kLongestEscape = 12;
  if (is_new(end - std::min(end, kLongestEscape), end)) window.add(end);
}

void Search::Layer::on_container(std::size_t decoder, std::size_t end) {
  const std::optional<std::size_t> start = decoders()[decoder].start(bytes_, end);
  if (!start) return;
  if (candidates_.size() >= most_candidates()) return too_many(decoder, *start);
  candidates_.push_back({decoder, {.offset = *start, .length = bytes_.size() - *start}});
}

void Search::Layer::find_runs(std::size_t index, const LayerMap& map) {
  const Decoder& decoder = decoders()[index];
  std::vector<Region> regions;
  if (!decoder.runs(map, most_candidates(), regions)) too_many(index, regions.back().offset);
  for (const Region& region : regions) {
    // Under a guess there are many runs by chance; each is read as it is.
    if (origin_.below_guess && region.if_unexplained) continue;
    candidates_.push_back({index, region});
    if (region.suspicious) suspicious_.push_back({region.offset, region.offset + region.length});
  }
}

void Search::Layer::too_many(std::size_t decoder, std::size_t from) {
  skip({decoder, {.offset = from, .length = bytes_.size() - from}}, "too many candidates");
}

void Search::Layer::skip(const Candidate& candidate, const std::string& reason) {
  const Region& region = candidate.region;
  const Decoder& decoder = decoders()[candidate.decoder];
  const auto [entry, is_first] = skipped_.try_emplace({candidate.decoder, reason});
  if (is_first) {
    entry->second.reason = reason;
    entry->second.chain.push_back(
        {.decoder = decoder.name, .offset = region.offset, .length = region.length});
  }
  std::uint64_t& bytes = entry->second.bytes;
  bytes = std::min<std::uint64_t>(bytes_.size(), bytes + region.length);
  if (decoder.nature != Nature::container) hidden_.push_back({region.offset, region.offset + region.length});
}

}  // namespace candor::recognise
