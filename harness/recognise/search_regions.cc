// SPDX-License-Identifier: Apache-2.0
//
// Decoding regions of a layer, and searching what they hold.
#include <algorithm>

#include "recognise/change.h"
#include "recognise/search_layer.h"

namespace candor::recognise {

namespace {

/// Less from a decoder that failed is noise: nothing that is looked for is shorter.
constexpr std::size_t kWorthSearching = 8;
/// Opaque bytes uncovered by undoing escapes: fewer are a chance "=AB" in plain text.
constexpr std::size_t kUncovered = 32;
/// What a format without a mark may make of a region: of noise, brotli makes megabytes of one letter out of
/// ten bytes, whose readings as base32 and the like would use up the budget of the whole surface.
constexpr std::size_t kAlwaysMade = 256U << 10;
constexpr std::size_t kMostExpanded = 1032;  // As far as deflate goes (RFC 1951: 258 bytes for two bits).
constexpr std::size_t kReadInAllWays = 16U << 10;

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

bool is_blank(std::uint8_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

void Search::Layer::visit_all() {
  if (!candidates_.empty()) last_opened_.resize(decoders().size());
  for (const Candidate& candidate : candidates_) {
    if (candidate.change.empty())
      visit(candidate);
    else
      undo(candidate);
  }
}

bool Search::Layer::explained(const Candidate& candidate) const {
  const Region& region = candidate.region;
  const Interval part = {region.offset, region.offset + region.length};
  if (decoders()[candidate.decoder].nature == Nature::container)
    return region.offset < closed_ || region.offset < last_opened_[candidate.decoder].end ||
           holds(whole_files_, {region.offset, region.offset + 1});
  // A short run is read in all ways, even if one makes sense: a shift by a bit makes letters of digits.
  const bool opened = (part.size() > kReadInAllWays || region.if_unexplained) &&
                      last_opened_[candidate.decoder].end >= part.end;
  return part.end <= closed_ || holds(whole_files_, part) || opened;
}

void Search::Layer::visit(Candidate candidate) {
  Region& region = candidate.region;
  for (int reading = 0; reading < candidate.region.readings; ++reading) {
    if (!read(candidate)) return;
    do {
      ++region.offset;
      --region.length;
    } while (region.length > 0 && is_blank(bytes_[region.offset]));
  }
}

const char* Search::Layer::spent() const {
  const Limits& limits = search_.limits_;
  if (origin_.depth >= limits.depth) return "depth";
  if (search_.output_ >= limits.total_output) return "total output budget";
  if (search_.decodes_ >= limits.decodes) return "too many decoder calls";
  return nullptr;
}

void Search::Layer::undo(const Candidate& candidate) {
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

bool Search::Layer::read(const Candidate& candidate) {
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
  std::size_t room = std::min(limits.region_output, limits.total_output - search_.output_);
  if (decoder.at_begin) room = std::min(room, std::max(kAlwaysMade, region.length * kMostExpanded));
  const Decoded decoded = decoder.decode(bytes_.subspan(region.offset, region.length), room);
  if (decoder.at_begin && decoded.bytes.empty() && decoded.reason.empty()) return false;
  ++search_.decodes_;
  search_.output_ += decoded.bytes.size();
  if (is_new(region.offset, region.offset + decoded.consumed)) descend(candidate, decoded);
  return true;
}

void Search::Layer::descend(const Candidate& candidate, const Decoded& decoded) {
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
    inner =
        search_.explore(decoded.bytes, {.depth = origin_.depth + 1,
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

LayerFinding Search::Layer::descend_into_members(const Decoder& decoder, const Decoded& decoded,
                                                 model::DecodeStep step) {
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

void Search::Layer::descend_in_place(const Candidate& candidate, const Decoded& decoded,
                                     model::DecodeStep step) {
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

void Search::Layer::adopt(LayerFinding& inner, const model::DecodeStep& step) {
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

void Search::Layer::explain(const Candidate& candidate, const Decoded& decoded, const LayerFinding& inner) {
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

void Search::Layer::explain_escapes(const Candidate& candidate, const Decoded& decoded,
                                    const LayerFinding& inner) {
  const std::size_t base = candidate.region.offset;
  if (!decoded.complete) hidden_.push_back({base, base + candidate.region.length});
  for (const Interval part : inner.opaque)
    if (part.size() >= kUncovered && touches(decoded.edits, part.begin, part.end))
      hidden_.push_back(interval_above(decoded.edits, part, base));
  for (const Interval part : inner.opened)
    if (touches(decoded.edits, part.begin, part.end))
      opened_.push_back(interval_above(decoded.edits, part, base));
}

}  // namespace candor::recognise
