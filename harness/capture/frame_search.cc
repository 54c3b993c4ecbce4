// SPDX-License-Identifier: Apache-2.0
#include "capture/frame_search.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "capture/dns_query.h"

namespace candor::capture {

namespace {

constexpr std::size_t kLongestSequence = 128U << 10;
constexpr std::size_t kOverlap = 4096;  // longer than any token, hash or path in any encoding

}  // namespace

model::Recognition FrameSearch::recognised(std::uint64_t frame, ByteView bytes) {
  try {
    return recognise_(bytes);
  } catch (const std::exception& error) {
    if (problem_.empty()) problem_ = "searching frame " + std::to_string(frame) + " failed: " + error.what();
  }
  model::Recognition nothing;
  nothing.opaque = bytes.size();
  return nothing;
}

void FrameSearch::keep(const Place& place, model::Recognition found,
                       const std::vector<model::DecodeStep>& made_by) {
  std::erase_if(found.hits, [&](const model::Hit& hit) {
    return !kept_.emplace(place.channel, place.destination, hit.kind, hit.document, hit.what).second;
  });
  if (found.hits.empty()) return;
  for (model::Hit& hit : found.hits) hit.chain.insert(hit.chain.begin(), made_by.begin(), made_by.end());
  findings_.push_back({place.channel, place.destination, place.wall_ns, place.frame, std::move(found)});
}

std::uint64_t FrameSearch::payload(const Place& place, ByteView bytes,
                                   std::vector<model::DecodeStep> made_by) {
  model::Recognition found = recognised(place.frame, bytes);
  const std::uint64_t opaque = std::min<std::uint64_t>(found.opaque, bytes.size());
  if (!found.hits.empty()) keep(place, std::move(found), made_by);
  return opaque;
}

bool FrameSearch::append(const Place& place, const char* kind, ByteView bytes) {
  const Key key{place.channel, place.destination, kind};
  const auto known = sequences_.find(key);
  if (known == sequences_.end() && sequences_.size() >= most_sequences_) return false;
  Sequence& sequence = known == sequences_.end() ? sequences_[key] : known->second;
  if (sequence.bytes.size() + bytes.size() > kLongestSequence) {
    search(key, sequence);
    const std::size_t overlap = std::min(kOverlap, sequence.bytes.size());
    sequence.bytes.erase(sequence.bytes.begin(), sequence.bytes.end() - static_cast<std::ptrdiff_t>(overlap));
    sequence.origins.assign(1, {0, sequence.origins.back().wall_ns, sequence.origins.back().frame});
  }
  sequence.origins.push_back({sequence.bytes.size(), place.wall_ns, place.frame});
  sequence.bytes.insert(sequence.bytes.end(), bytes.begin(), bytes.end());
  return true;
}

void FrameSearch::search_together(const Key& key, const Sequence& sequence, ByteView bytes,
                                  const char* made_by) {
  model::Recognition found = recognised(sequence.origins.front().frame, bytes);
  for (const model::NotLookedInto& part : found.not_looked_into)
    if (problem_.empty() && model::cut_by_limit(part))
      problem_ = std::string("not looked into: ") + made_by + " to " + std::get<1>(key) + ": " + part.reason;
  for (model::Hit& hit : found.hits) {
    const std::uint64_t at = hit.chain.empty() ? hit.offset : hit.chain.front().offset;
    const auto after =
        std::upper_bound(sequence.origins.begin(), sequence.origins.end(), at,
                         [](std::uint64_t offset, const Origin& o) { return offset < o.offset; });
    const Origin& origin = after == sequence.origins.begin() ? *after : *std::prev(after);
    const Place place{std::get<0>(key), std::get<1>(key), origin.wall_ns, origin.frame};
    model::Recognition one;
    one.hits.push_back(std::move(hit));
    one.searched = found.searched;
    const model::DecodeStep step{made_by, 0, bytes.size(), bytes.size()};
    keep(place, std::move(one), {step});
  }
}

void FrameSearch::search(const Key& key, const Sequence& sequence) {
  if (sequence.origins.size() < 2) return;  // searched as a payload
  const std::string& kind = std::get<2>(key);
  search_together(key, sequence, sequence.bytes, kind.c_str());
  // Resolvers may change the case of a name at will.
  std::string lower = lower_case(std::string(as_text(sequence.bytes)));
  if (std::get<0>(key) == "dns" && as_text(sequence.bytes) != lower)
    search_together(key, sequence, as_bytes(lower), (kind + ", lower case").c_str());
}

std::vector<model::FrameFinding> FrameSearch::finish() {
  for (const auto& [key, sequence] : sequences_) search(key, sequence);
  sequences_.clear();
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const auto& a, const auto& b) { return a.frame < b.frame; });
  return std::move(findings_);
}

}  // namespace candor::capture
