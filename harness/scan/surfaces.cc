// SPDX-License-Identifier: Apache-2.0
#include "scan/surfaces.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace candor::scan {

namespace {

constexpr std::size_t kMostNotes = 100;

std::uint64_t surface_offset(const model::Hit& hit) {
  return hit.chain.empty() ? hit.offset : hit.chain.front().offset;
}

void move_by(std::vector<model::DecodeStep>& chain, std::uint64_t& offset, std::uint64_t by) {
  (chain.empty() ? offset : chain.front().offset) += by;
}

/// The place of a hit, so that two sightings of it are told from two hits.
std::string place_of(const model::Hit& hit) {
  std::string place;
  for (const model::DecodeStep& step : hit.chain)
    place += step.decoder + "@" + std::to_string(step.offset) + "/";
  return place + std::to_string(hit.offset);
}

/// Bytes [begin, begin + size) of the run, which holds them.
Bytes part_of(const capture::Run& run, std::uint64_t begin, std::size_t size, const capture::Run& over) {
  Bytes bytes(size);
  const auto copy = [&](const capture::Piece& piece) {
    const std::uint64_t from = std::max(begin, piece.at);
    const std::uint64_t to = std::min(begin + size, piece.at + piece.bytes.size());
    if (from >= to) return;
    const ByteView part = piece.bytes.subspan(from - piece.at, to - from);
    std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(from - begin));
  };
  auto piece = std::upper_bound(run.begin(), run.end(), begin,
                                [](std::uint64_t at, const capture::Piece& p) { return at < p.at; });
  if (piece != run.begin()) --piece;
  for (; piece != run.end() && piece->at < begin + size; ++piece) copy(*piece);
  for (const capture::Piece& each : over) copy(each);
  return bytes;
}

}  // namespace

model::Recognition Surfaces::recognised(ByteView bytes) {
  try {
    model::Recognition found = recognise_(bytes);
    add_coverage(coverage_, found.coverage);
    file_.searched += found.searched;
    return found;
  } catch (const std::exception& error) {
    model::Recognition nothing;
    nothing.opaque = bytes.size();
    nothing.not_looked_into.push_back(
        {.reason = std::string("searching failed: ") + error.what(), .bytes = bytes.size()});
    return nothing;
  }
}

void Surfaces::take(const std::string& where, std::uint64_t frame, model::Hit hit) {
  if (file_.hits.size() == limits_.hits) {
    ++file_.more_hits;
    return;
  }
  if (!seen_.emplace(where, hit.kind, hit.document, hit.what, hit.place + "/" + place_of(hit)).second) return;
  std::size_t& times = times_[{where, hit.kind, hit.document, hit.what}];
  if (times == limits_.hits_per_thing) {
    ++file_.more_hits;
    return;
  }
  ++times;
  file_.hits.push_back({where, frame, std::move(hit)});
}

void Surfaces::not_looked_into(const std::string& where, const std::string& reason, std::uint64_t bytes,
                               const std::vector<model::DecodeStep>& chain) {
  std::vector<Unsearched>& list = file_.not_looked_into;
  const auto known = unsearched_.find({where, reason});
  if (known != unsearched_.end()) {
    list[known->second].bytes += bytes;
    ++list[known->second].times;
    return;
  }
  if (list.size() < limits_.not_looked_into) {
    unsearched_.emplace(std::pair(where, reason), list.size());
    list.push_back({.where = where, .reason = reason, .bytes = bytes, .chain = chain});
    return;
  }
  if (list.size() == limits_.not_looked_into)
    list.push_back({.where = "other places", .reason = "and more than is listed", .times = 0});
  list.back().bytes += bytes;
  ++list.back().times;
}

void Surfaces::note(const std::string& where, const std::string& sentence) {
  if (file_.notes.size() < kMostNotes) file_.notes.push_back({where, sentence});
}

std::uint64_t Surfaces::search_window(const std::string& where, ByteView bytes, std::uint64_t at, Look look,
                                      const std::function<std::uint64_t(std::uint64_t)>& frame_at) {
  model::Recognition found = recognised(bytes);
  for (model::Hit& hit : found.hits) {
    move_by(hit.chain, hit.offset, at);
    const std::uint64_t frame = frame_at(surface_offset(hit));
    take(where, frame, std::move(hit));
  }
  const std::uint64_t opaque = std::min<std::uint64_t>(found.opaque, bytes.size());
  if (look == Look::first) file_.opaque += opaque;
  if (look == Look::hits_only) return opaque;
  for (model::NotLookedInto& each : found.not_looked_into) {
    std::uint64_t none = 0;
    move_by(each.chain, none, at);
    not_looked_into(where, each.reason, each.bytes, each.chain);
  }
  return opaque;
}

std::uint64_t Surfaces::search(const std::string& where, ByteView bytes, std::uint64_t frame,
                               std::uint64_t at, Look look) {
  std::uint64_t opaque = 0;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const std::size_t size = std::min(limits_.window, bytes.size() - begin);
    opaque += search_window(where, bytes.subspan(begin, size), at + begin, look,
                            [&](std::uint64_t) { return frame; });
    if (begin + size == bytes.size()) break;
    begin += size - limits_.overlap;
  }
  return opaque;
}

std::uint64_t Surfaces::search(const std::string& where, const capture::Run& run, Look look,
                               const capture::Run& over) {
  if (run.empty()) return 0;
  std::uint64_t opaque = 0;
  const auto frame_at = [&](std::uint64_t offset) {
    const auto after = std::upper_bound(run.begin(), run.end(), offset,
                                        [](std::uint64_t at, const capture::Piece& p) { return at < p.at; });
    return after == run.begin() ? after->frame : std::prev(after)->frame;
  };
  const std::uint64_t end = run.back().at + run.back().bytes.size();
  for (std::uint64_t begin = run.front().at; begin < end;) {
    const std::size_t size = std::min<std::uint64_t>(limits_.window, end - begin);
    opaque += search_window(where, part_of(run, begin, size, over), begin, look, frame_at);
    if (begin + size == end) break;
    begin += size - limits_.overlap;
  }
  return opaque;
}

}  // namespace candor::scan
