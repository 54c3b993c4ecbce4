// SPDX-License-Identifier: Apache-2.0
//
// How a layer is searched. The matchers give the places of patterns and of triggers; the decoders
// of runs walk the layer themselves. Each region is decoded and the result searched as a layer of its own.
//
// Two rules keep this from growing with the power of the depth:
//  - A layer made by undoing escapes differs from the one above only at the escapes. In it, only what touches
//    an undone escape is looked at; everything else was looked at above.
//  - What lies inside a container that was opened to its end, or inside a planted file, is explained by that.
//
// Opaque bytes of a layer are all but text, whole planted files, and regions opened to their end. Text that
// looks like encoded binary data, or in which undoing escapes uncovers binary data, does not count as text.
// When a region's content is itself partly opaque, so many bytes of the region are: as many as the content
// has, or as they take up in the region, whichever is more; they are put at its begin.
#include "recognise/search.h"

#include <algorithm>
#include <map>
#include <optional>

#include "recognise/change.h"
#include "recognise/escape_window.h"
#include "recognise/guess.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

/// Less from a decoder that failed is noise: nothing that is looked for is shorter.
constexpr std::size_t kWorthSearching = 8;
/// Opaque bytes uncovered by undoing escapes: fewer are a chance "=AB" in plain text.
constexpr std::size_t kUncovered = 32;

/// Of the layer on either side of a change that was recognised.
constexpr std::size_t kAroundAChange = 64U << 10;
/// Layers of up to so many bytes are looked at again under guessed changes.
constexpr std::size_t kLargestGuess = 64U << 10;
/// So small ones also if they are text, which rotated letters are.
constexpr std::size_t kAlwaysGuess = 16U << 10;
constexpr std::size_t kMostDerived = 1000;  ///< Different digests told of one layer.
constexpr std::size_t kReadInAllWays = 16U << 10;
constexpr std::size_t kShownOfAFragment = 32;

struct Candidate {
  std::size_t decoder = 0;
  Region region;
  std::string change = {};  ///< Not empty: a change to undo; there is no decoder.
};

bool touches(const std::vector<Edit>& edits, std::size_t begin, std::size_t end) {
  const auto first = std::partition_point(edits.begin(), edits.end(), [begin](const Edit& edit) {
    return edit.out + std::size_t{edit.out_size} < begin;
  });
  return first != edits.end() && first->out <= end;
}

/// The position above that `out` was made from.
std::size_t position_above(const std::vector<Edit>& edits, std::size_t out) {
  const auto after = std::upper_bound(edits.begin(), edits.end(), out,
                                      [](std::size_t at, const Edit& edit) { return at < edit.out; });
  if (after == edits.begin()) return out;
  const Edit& edit = *std::prev(after);
  const std::size_t since = out - edit.out;
  return since < edit.out_size ? edit.in : edit.in + edit.in_size + (since - edit.out_size);
}

Interval interval_above(const std::vector<Edit>& edits, Interval out, std::size_t base) {
  return {base + position_above(edits, out.begin), base + position_above(edits, out.end)};
}

/// How many bytes of a region are opaque when so many of what it decodes to are.
std::size_t opaque_share(std::size_t opaque, const Decoded& decoded) {
  if (opaque == 0 || decoded.bytes.empty()) return std::min(decoded.unexplained, decoded.consumed);
  const double share = static_cast<double>(opaque) / static_cast<double>(decoded.bytes.size());
  const auto scaled = static_cast<std::size_t>(share * static_cast<double>(decoded.consumed)) + 1;
  return std::min(decoded.consumed, decoded.unexplained + std::max(opaque, scaled));
}

}  // namespace

/// The state of searching one layer.
class Search::Layer {
 public:
  Layer(Search& search, ByteView bytes, const Origin& origin)
      : search_(search), bytes_(bytes), origin_(origin), edits_(origin.edits) {}

  LayerFinding run() {
    if (origin_.seen) return run_seen();
    search_.searched_ += bytes_.size();
    if (origin_.depth > 0 && bytes_.size() < kShortestKnown) return run_tiny();
    match();
    find_disguised();
    find_fragments();
    const LayerMap map = map_of(bytes_);
    find_derived(map);
    if (search_.limits_.decoders) {
      find_alphabets(map);
      find_regions(map);
    }
    whole_files_ = normalised(std::move(whole_files_));
    std::stable_sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.region.offset < b.region.offset;
    });
    const std::size_t kept_back = keep_guesses_back();
    visit_all();
    search_.guessed_output_ += kept_back;
    for (auto& [key, skipped] : skipped_) finding_.not_looked_into.push_back(std::move(skipped));
    account();
    if (search_.limits_.decoders && try_changes()) account();
    return std::move(finding_);
  }

 private:
  void try_at_begin() {
    if (bytes_.empty() || edits_ != nullptr || origin_.depth >= search_.limits_.depth) return;
    for (const std::size_t decoder : at_begin_) candidates_.push_back({decoder, {.length = bytes_.size()}});
  }

  void visit_all() {
    if (!candidates_.empty()) last_opened_.resize(decoders().size());
    for (const Candidate& candidate : candidates_) {
      if (candidate.change.empty())
        visit(candidate);
      else
        undo(candidate);
    }
  }

  /// A part of the layer above, which was searched there: all but what has no mark of its own.
  LayerFinding run_seen() {
    try_at_begin();
    visit_all();
    finding_.opened = normalised(std::move(opened_));
    return std::move(finding_);
  }

  /// Whether something in a layer of undone escapes is new there; elsewhere everything is.
  [[nodiscard]] bool is_new(std::size_t begin, std::size_t end) const {
    return edits_ == nullptr || touches(*edits_, begin, end);
  }

  /// Large layers may have more than the limit, in proportion.
  [[nodiscard]] std::size_t most_candidates() const {
    return std::max(search_.limits_.candidates, bytes_.size() / 128);
  }

  void match_literals() {
    const Sought& sought = search_.sought_;
    sought.literals.scan(bytes_, search_.literals_scratch_, [&](std::size_t id, std::size_t end) {
      const Pattern& pattern = sought.patterns[sought.of_literals[id]];
      on_pattern(pattern, end - std::min(pattern.literal.size(), Matcher::kLiteralLimit));
    });
  }

  void find_regions(const LayerMap& map) {
    for (const std::size_t decoder : with_runs_) find_runs(decoder, map);
    try_at_begin();
  }

  void match() {
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

  /// A decoded scrap has room for a name or a digest, and for nothing that must be opened again. Words of
  /// text make many of them.
  LayerFinding run_tiny() {
    match_literals();
    find_derived({.bytes = bytes_});
    if (!is_text(bytes_)) finding_.opaque = {{0, bytes_.size()}};
    return std::move(finding_);
  }

  void on_pattern(const Pattern& pattern, std::size_t begin) {
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

  void find_disguised() {
    if (bytes_.size() < kShortestKnown) return;
    std::function<void(Change)> told;
    if (!origin_.guessed) told = [this](const Change& change) { on_change(change); };
    search_.sought_.disguised.scan(
        bytes_,
        [this](std::size_t id, std::size_t begin) { on_pattern(search_.sought_.patterns[id], begin); }, told);
    for (auto& [step, parts] : changes_)
      for (const Interval part : normalised(std::move(parts.around))) {
        const std::size_t begin = part.begin - part.begin % parts.period;
        candidates_.push_back({.region = {.offset = begin, .length = part.end - begin}, .change = step});
      }
  }

  /// Changes are undone some way around the place they were recognised at: what they hide may begin before it
  /// and end after it, and no one says where.
  void on_change(const Change& change) {
    const auto kind = static_cast<unsigned>(change_kind(change.step));
    if ((origin_.changes & kind) != 0 || !is_new(change.begin, change.end)) return;
    Changed& changed = changes_[change.step];
    changed.period = change.period;
    changed.around.push_back({change.begin - std::min(change.begin, kAroundAChange),
                              std::min(bytes_.size(), change.end + kAroundAChange)});
    if (changed.around.size() > 1000) changed.around = normalised(std::move(changed.around));
  }

  void find_alphabets(const LayerMap& map) {
    if ((origin_.changes & static_cast<unsigned>(ChangeKind::alphabet)) != 0) return;
    search_.sought_.alphabets.scan(map, [this](const Alphabetic& run) {
      if (is_new(run.begin, run.end) && candidates_.size() < most_candidates())
        candidates_.push_back(
            {.region = {.offset = run.begin, .length = run.end - run.begin}, .change = run.step});
    });
  }

  void find_fragments() {
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

  void find_derived(const LayerMap& map) {
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

  void keep_longest(std::vector<FragmentIndex::Fragment>& list) const {
    const std::size_t most = std::min(list.size(), search_.limits_.hits_per_thing);
    std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(most), list.end(),
                      [](const auto& a, const auto& b) {
                        return a.length != b.length ? a.length > b.length : a.offset < b.offset;
                      });
    list.resize(most);
  }

  void add_fragment(const FragmentIndex::Fragment& fragment) {
    const Sought& sought = search_.sought_;
    const ByteView text = sought.fragments.text_at(fragment.document, fragment.begin, fragment.end);
    finding_.hits.push_back(
        {.kind = model::HitKind::fragment,
         .document = sought.documents[fragment.document],
         .what = std::string(as_text(text.first(std::min(text.size(), kShownOfAFragment)))),
         .place = std::to_string(fragment.end - fragment.begin) + " bytes",
         .offset = fragment.offset,
         .length = fragment.length,
         .begin = fragment.begin,
         .end = fragment.end});
  }

  void on_escape(EscapeWindows& window, std::size_t end) const {
    constexpr std::size_t kLongestEscape = 12;
    if (is_new(end - std::min(end, kLongestEscape), end)) window.add(end);
  }

  void on_container(std::size_t decoder, std::size_t end) {
    const std::optional<std::size_t> start = decoders()[decoder].start(bytes_, end);
    if (!start) return;
    if (candidates_.size() >= most_candidates()) return too_many(decoder, *start);
    candidates_.push_back({decoder, {.offset = *start, .length = bytes_.size() - *start}});
  }

  void find_runs(std::size_t index, const LayerMap& map) {
    const Decoder& decoder = decoders()[index];
    std::vector<Region> regions;
    if (!decoder.runs(map, most_candidates(), regions)) too_many(index, regions.back().offset);
    for (const Region& region : regions) {
      candidates_.push_back({index, region});
      if (region.suspicious) suspicious_.push_back({region.offset, region.offset + region.length});
    }
  }

  /// `from`: where the decoder stopped looking.
  void too_many(std::size_t decoder, std::size_t from) {
    skip({decoder, {.offset = from, .length = bytes_.size() - from}}, "too many candidates");
  }

  /// Notes that a candidate is not decoded. It hides its bytes; a container does not say where it would end.
  void skip(const Candidate& candidate, const std::string& reason) {
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
    if (decoder.nature != Nature::container)
      hidden_.push_back({region.offset, region.offset + region.length});
  }

  [[nodiscard]] bool explained(const Candidate& candidate) const {
    const Region& region = candidate.region;
    const Interval part = {region.offset, region.offset + region.length};
    if (decoders()[candidate.decoder].nature == Nature::container)
      return region.offset < closed_ || region.offset < last_opened_[candidate.decoder].end ||
             holds(whole_files_, {region.offset, region.offset + 1});
    // A short run is read in all ways, even if one makes sense: a shift by a bit makes letters of digits.
    const bool opened = part.size() > kReadInAllWays && last_opened_[candidate.decoder].end >= part.end;
    return part.end <= closed_ || holds(whole_files_, part) || opened;
  }

  void visit(Candidate candidate) {
    Region& region = candidate.region;
    for (int reading = 0; reading < candidate.region.readings; ++reading) {
      if (!read(candidate)) return;
      do {
        ++region.offset;
        --region.length;
      } while (region.length > 0 && is_blank(bytes_[region.offset]));
    }
  }

  static bool is_blank(std::uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  /// The budget that is used up, or none.
  [[nodiscard]] const char* spent() const {
    const Limits& limits = search_.limits_;
    if (origin_.depth >= limits.depth) return "depth";
    if (search_.output_ >= limits.total_output) return "total output budget";
    if (search_.decodes_ >= limits.decodes) return "too many decoder calls";
    return nullptr;
  }

  void undo(const Candidate& candidate) {
    const Region& region = candidate.region;
    model::DecodeStep step = {.decoder = candidate.change, .offset = region.offset, .length = region.length};
    const char* budget = spent();
    if (budget == nullptr && region.length > search_.limits_.total_output - search_.output_)
      budget = "total output budget";
    if (budget != nullptr) {
      finding_.not_looked_into.push_back({.chain = {step}, .reason = budget, .bytes = region.length});
      hidden_.push_back({region.offset, region.offset + region.length});
      return;
    }
    Decoded decoded{.bytes = *undo_change(candidate.change, bytes_.subspan(region.offset, region.length)),
                    .consumed = region.length,
                    .complete = true};
    step.produced = decoded.bytes.size();
    ++search_.decodes_;
    search_.output_ += decoded.bytes.size();
    LayerFinding inner = search_.explore(
        decoded.bytes, {.depth = origin_.depth + 1,
                        .below_guess = origin_.below_guess,
                        .changes = origin_.changes | static_cast<unsigned>(change_kind(candidate.change))});
    adopt(inner, step);
    const std::size_t opaque = opaque_share(total(inner.opaque), decoded);
    opened_.push_back({region.offset + opaque, region.offset + region.length});
  }

  /// Whether further readings of the same region may be worth while.
  bool read(const Candidate& candidate) {
    const Decoder& decoder = decoders()[candidate.decoder];
    const Region& region = candidate.region;
    const bool bounded = decoder.nature != Nature::container;
    if (explained(candidate) || (bounded && !is_new(region.offset, region.offset + region.length)))
      return false;
    // A format without a mark is a mere possibility: leaving it untried hides nothing.
    if (const char* const budget = spent()) {
      if (!decoder.at_begin) skip(candidate, budget);
      return false;
    }
    const Limits& limits = search_.limits_;
    const std::size_t room = std::min(limits.region_output, limits.total_output - search_.output_);
    const Decoded decoded = decoder.decode(bytes_.subspan(region.offset, region.length), room);
    if (decoder.at_begin && decoded.bytes.empty() && decoded.reason.empty()) return false;
    ++search_.decodes_;
    search_.output_ += decoded.bytes.size();
    if (is_new(region.offset, region.offset + decoded.consumed)) descend(candidate, decoded);
    return true;
  }

  void descend(const Candidate& candidate, const Decoded& decoded) {
    const Decoder& decoder = decoders()[candidate.decoder];
    LayerFinding inner;
    model::DecodeStep step = {
        .decoder = decoded.detail.empty() ? decoder.name : decoder.name + (":" + decoded.detail),
        .offset = candidate.region.offset,
        .length = decoded.consumed,
        .produced = decoded.bytes.size()};
    if (!decoded.reason.empty())
      finding_.not_looked_into.push_back(
          {.chain = {step}, .reason = decoded.reason, .bytes = std::max<std::uint64_t>(1, decoded.consumed)});
    if (decoded.in_place) return descend_in_place(candidate, decoded, step);
    if (!decoded.members.empty()) {
      inner = descend_into_members(decoder, decoded, step);
    } else if (decoded.complete || decoded.bytes.size() >= kWorthSearching) {
      inner = search_.explore(decoded.bytes,
                              {.depth = origin_.depth + 1,
                               .below_guess = origin_.below_guess,
                               .edits = decoder.nature == Nature::escape ? &decoded.edits : nullptr,
                               .changes = decoder.nature == Nature::escape ? origin_.changes : 0});
      adopt(inner, step);
    }
    if (decoder.nature == Nature::escape)
      explain_escapes(candidate, decoded, inner);
    else if (decoded.complete)
      explain(candidate, decoded, inner);
  }

  /// The opaque bytes are those of all members; their places are not told.
  LayerFinding descend_into_members(const Decoder& decoder, const Decoded& decoded, model::DecodeStep step) {
    std::size_t opaque = 0;
    for (const Member& member : decoded.members) {
      step.decoder = decoder.name + (":" + member.name);
      step.produced = member.size;
      LayerFinding inner = search_.explore(ByteView(decoded.bytes).subspan(member.begin, member.size),
                                           {.depth = origin_.depth + 1, .below_guess = origin_.below_guess});
      opaque += total(inner.opaque);
      adopt(inner, step);
    }
    LayerFinding all;
    if (opaque > 0) all.opaque = {{0, opaque}};
    return all;
  }

  /// What the members leave opaque, this layer says.
  void descend_in_place(const Candidate& candidate, const Decoded& decoded, model::DecodeStep step) {
    const Decoder& decoder = decoders()[candidate.decoder];
    for (const Member& member : decoded.members) {
      step.decoder = decoder.name + (":" + member.name);
      step.produced = member.size;
      const std::size_t begin = candidate.region.offset + member.begin;
      LayerFinding inner =
          search_.explore(bytes_.subspan(begin, member.size),
                          {.depth = origin_.depth + 1, .below_guess = origin_.below_guess, .seen = true});
      for (const Interval part : inner.opened) opened_.push_back({begin + part.begin, begin + part.end});
      adopt(inner, step);
    }
  }

  /// Takes over what was found in a layer that `step` made of this one.
  void adopt(LayerFinding& inner, const model::DecodeStep& step) {
    for (model::Hit& hit : inner.hits) {
      hit.chain.insert(hit.chain.begin(), step);
      finding_.hits.push_back(std::move(hit));
    }
    for (model::NotLookedInto& hidden : inner.not_looked_into) {
      if (finding_.not_looked_into.size() > search_.limits_.not_looked_into) break;
      hidden.chain.insert(hidden.chain.begin(), step);
      hidden.bytes = step.length;
      finding_.not_looked_into.push_back(std::move(hidden));
    }
  }

  void explain(const Candidate& candidate, const Decoded& decoded, const LayerFinding& inner) {
    const std::size_t begin = candidate.region.offset;
    const std::size_t end = begin + decoded.consumed;
    const std::size_t opaque = opaque_share(total(inner.opaque), decoded);
    opened_.push_back({begin + opaque, end});
    if (decoders()[candidate.decoder].nature == Nature::container) {
      if (decoders()[candidate.decoder].transparent)
        last_opened_[candidate.decoder] = {begin, end};
      else
        closed_ = end;
      containers_.push_back({begin, end});
      left_closed_.push_back({begin, begin + opaque});
    } else if (opaque == 0) {
      last_opened_[candidate.decoder] = {begin, end};
    }
  }

  void explain_escapes(const Candidate& candidate, const Decoded& decoded, const LayerFinding& inner) {
    const std::size_t base = candidate.region.offset;
    if (!decoded.complete) hidden_.push_back({base, base + candidate.region.length});
    for (const Interval part : inner.opaque)
      if (part.size() >= kUncovered && touches(decoded.edits, part.begin, part.end))
        hidden_.push_back(interval_above(decoded.edits, part, base));
    for (const Interval part : inner.opened)
      if (touches(decoded.edits, part.begin, part.end))
        opened_.push_back(interval_above(decoded.edits, part, base));
  }

  /// Undoes changes by trial on a small layer that leaves something to be explained: what hides the marks by
  /// which containers and encodings are known. Whether any led to something.
  bool try_changes() {
    const bool explained = bytes_.size() > kAlwaysGuess && total(finding_.opaque) < kShortestKnown;
    if (!may_guess() || explained || spent() != nullptr) return false;
    bool any = false;
    const std::size_t kept_back = search_.guessed_output_ - share_of_guesses();
    search_.guessed_output_ -= kept_back;
    for (const Guess& guess : guess_changes(bytes_, !origin_.below_guess)) {
      if (guess.steps.size() == 1 && changes_.contains(guess.steps[0])) continue;
      const int depth = origin_.depth + static_cast<int>(guess.steps.size());
      if (depth > search_.limits_.depth || makes_sense(guess.part)) continue;
      if (spent() != nullptr) break;
      if (guess.part.size() > search_.guessed_output_) continue;
      search_.guessed_output_ -= guess.part.size();
      any = try_guess(guess) || any;
    }
    search_.guessed_output_ += kept_back;
    return any;
  }

  /// What a small layer needs to be looked at under guessed changes, besides something to be explained.
  [[nodiscard]] bool may_guess() const {
    // An escape layer that was mostly escapes is as new as any other.
    const bool mostly_seen = edits_ != nullptr && edits_->size() * 3 < bytes_.size();
    return origin_.changes == 0 && !mostly_seen && bytes_.size() >= kShortestKnown &&
           bytes_.size() <= kLargestGuess;
  }

  /// What one layer and those below it may use of what is left, so that its neighbours have their turn.
  [[nodiscard]] std::size_t share_of_guesses() const {
    return origin_.depth == 0 ? search_.guessed_output_ : search_.guessed_output_ / 4;
  }

  /// Takes half of the budget from the layers below: what looks like a container there is often none.
  std::size_t keep_guesses_back() {
    const std::size_t half = search_.limits_.decoders && may_guess() ? search_.guessed_output_ / 2 : 0;
    search_.guessed_output_ -= half;
    return half;
  }

  /// Whether an encoding explained a part, but for some of its edges.
  [[nodiscard]] bool makes_sense(Interval part) const {
    return part.size() < bytes_.size() && total(subtract({part}, finding_.opened)) * 4 < part.size();
  }

  bool try_guess(const Guess& guess) {
    const ByteView part = bytes_.subspan(guess.part.begin, guess.part.size());
    Decoded decoded{.bytes = Bytes(part.begin(), part.end()), .consumed = part.size(), .complete = true};
    unsigned kinds = 0;
    for (const std::string& change : guess.steps) {
      decoded.bytes = *undo_change(change, decoded.bytes);
      kinds |= static_cast<unsigned>(change_kind(change));
    }
    ++search_.decodes_;
    search_.output_ += decoded.bytes.size();
    // Known bytes under one key, rotated or not, were seen where they stand.
    const bool seen = guess.steps.size() == 1 && guess.steps[0] != "reversed" && guess.steps[0] != "nibbles";
    LayerFinding inner =
        search_.explore(decoded.bytes, {.depth = origin_.depth + static_cast<int>(guess.steps.size()),
                                        .below_guess = true,
                                        .changes = kinds,
                                        .guessed = seen});
    if (inner.hits.empty()) return false;
    adopt_guess(std::move(inner.hits), guess);
    // What a guess could not look into stays what it was: opaque.
    opened_.push_back({guess.part.begin + opaque_share(total(inner.opaque), decoded), guess.part.end});
    return true;
  }

  void adopt_guess(std::vector<model::Hit> hits, const Guess& guess) {
    std::vector<model::DecodeStep> steps;
    for (const std::string& change : guess.steps)
      steps.push_back({.decoder = change, .length = guess.part.size(), .produced = guess.part.size()});
    steps.front().offset = guess.part.begin;
    for (model::Hit& hit : hits) {
      hit.chain.insert(hit.chain.begin(), steps.begin(), steps.end());
      finding_.hits.push_back(std::move(hit));
    }
  }

  void account() {
    const Intervals text = text_runs(bytes_);
    if (text.empty() && opened_.empty() && whole_files_.empty() && containers_.empty() && !is_text(bytes_)) {
      finding_.opaque = {{0, bytes_.size()}};
      return;
    }
    for (const Interval part : random_text(bytes_, text)) hidden_.push_back(part);
    hidden_.insert(hidden_.end(), suspicious_.begin(), suspicious_.end());
    hidden_ = normalised(std::move(hidden_));
    finding_.opened = normalised(opened_);
    Intervals understood = subtract(text, hidden_);
    for (const Intervals* more : {&finding_.opened, &whole_files_, &containers_})
      understood.insert(understood.end(), more->begin(), more->end());
    Intervals opaque = subtract(normalised({{0, bytes_.size()}}), normalised(std::move(understood)));
    std::erase_if(opaque, [this](Interval part) { return is_scrap_of_text(part); });
    // Text in a container does not make up for what its content leaves opaque.
    opaque.insert(opaque.end(), left_closed_.begin(), left_closed_.end());
    finding_.opaque = normalised(std::move(opaque));
  }

  /// Text too short to be told from chance, but with something understood on either side.
  [[nodiscard]] bool is_scrap_of_text(Interval part) const {
    return part.size() < kShortestText && is_text(bytes_.subspan(part.begin, part.size())) &&
           subtract({part}, hidden_) == Intervals{part};
  }

  template <typename Wanted>
  static std::vector<std::size_t> indices_of(Wanted&& wanted) {
    std::vector<std::size_t> indices;
    for (std::size_t index = 0; index < decoders().size(); ++index)
      if (wanted(decoders()[index])) indices.push_back(index);
    return indices;
  }

  Search& search_;
  ByteView bytes_;
  const Origin& origin_;
  const std::vector<Edit>* edits_;
  inline static const std::vector<std::size_t> with_magic_ = triggered(Nature::container);
  inline static const std::vector<std::size_t> with_escapes_ = triggered(Nature::escape);
  inline static const std::vector<std::size_t> with_runs_ =
      indices_of([](const Decoder& decoder) { return decoder.runs != nullptr; });
  inline static const std::vector<std::size_t> at_begin_ =
      indices_of([](const Decoder& decoder) { return decoder.at_begin; });
  LayerFinding finding_;
  struct Changed {
    std::size_t period = 1;
    Intervals around;
  };
  std::vector<Candidate> candidates_;
  std::map<std::string, Changed> changes_;  ///< By step.
  std::map<const Pattern*, std::size_t> counts_;
  std::map<std::pair<std::size_t, std::string>, model::NotLookedInto> skipped_;
  Intervals whole_files_;
  Intervals suspicious_;  ///< Unless opened.
  Intervals hidden_;      ///< Text that is none, unless opened.
  Intervals opened_;
  /// By decoder: the last region opened without opaque rest, or of a transparent container at all.
  std::vector<Interval> last_opened_;
  Intervals containers_;    ///< Opened to their end; disjoint, since none is looked for in another.
  Intervals left_closed_;   ///< As much of each of them as its content leaves opaque.
  std::size_t closed_ = 0;  ///< End of the last one.
};

std::vector<std::size_t> triggered(Nature nature) {
  std::vector<std::size_t> indices;
  for (std::size_t index = 0; index < decoders().size(); ++index)
    if (decoders()[index].trigger != nullptr && decoders()[index].nature == nature) indices.push_back(index);
  return indices;
}

LayerFinding Search::explore(ByteView layer, const Origin& origin) {
  return Layer(*this, layer, origin).run();
}

void Search::cover(const FragmentIndex::Fragment& fragment) {
  Intervals& covered = covered_[fragment.document];
  covered.push_back({fragment.begin, fragment.end});
  if (covered.size() > 4096) covered = normalised(std::move(covered));
}

std::vector<model::Coverage> Search::coverage() {
  std::vector<model::Coverage> all;
  for (auto& [document, covered] : covered_) {
    model::Coverage coverage{.document = sought_.documents[document],
                             .of = sought_.fragments.counted(document)};
    for (const Interval part : normalised(std::move(covered)))
      coverage.parts.push_back({part.begin, part.end});
    all.push_back(std::move(coverage));
  }
  return all;
}

}  // namespace candor::recognise
