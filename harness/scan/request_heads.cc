// SPDX-License-Identifier: Apache-2.0
#include "scan/request_heads.h"

#include <algorithm>
#include <utility>

#include "capture/dns_query.h"

namespace candor::scan {

namespace {

using capture::HttpRequest;
using capture::kNoRequest;
using capture::Piece;
using capture::Run;

/// Bytes that are looked at together: enough for most heads, then for a long one, then for a chunked body.
constexpr std::size_t kWindows[] = {64U << 10, 2U << 20, 64U << 20};
constexpr std::size_t kMostHeld = 64U << 20;

std::uint64_t end_of(const Run& run) { return run.back().at + run.back().bytes.size(); }

/// The piece that holds position `at`, which must lie in the run.
Run::const_iterator piece_at(const Run& run, std::uint64_t at) {
  return std::prev(
      std::upper_bound(run.begin(), run.end(), at,
                       [](std::uint64_t position, const Piece& piece) { return position < piece.at; }));
}

Bytes bytes_at(const Run& run, std::uint64_t at, std::size_t most) {
  Bytes bytes;
  for (auto piece = piece_at(run, at); piece != run.end() && bytes.size() < most; ++piece) {
    const std::size_t skip = bytes.empty() ? static_cast<std::size_t>(at - piece->at) : 0;
    const ByteView part = piece->bytes.subspan(std::min(skip, piece->bytes.size()));
    const std::size_t taken = std::min(part.size(), most - bytes.size());
    bytes.insert(bytes.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  return bytes;
}

/// Its "Host" field in lower case, or who receives it.
std::string host_of(const HttpRequest& request, const std::string& receiver) {
  for (const auto& [name, value] : request.fields)
    if (capture::lower_case(std::string(name)) == "host")
      return capture::lower_case(std::string(value.substr(0, 300)));
  return receiver;
}

}  // namespace

RequestHeads::RequestHeads(Surfaces& surfaces, const Recogniser& as_it_stands)
    : surfaces_(surfaces),
      carriers_([this](ByteView bytes) { return surfaces_.recognised(bytes); }, as_it_stands) {}

std::uint64_t RequestHeads::add(const Side& side, const Run& run, std::uint64_t next) {
  if (run.empty() || next == kNoRequest) return next;
  if (next < run.front().at) return kNoRequest;
  const std::uint64_t end = end_of(run);
  std::size_t window = 0;
  while (next < end) {
    const Bytes bytes = bytes_at(run, next, kWindows[window]);
    const bool all = end - next <= bytes.size();
    std::vector<Head> heads;
    const std::size_t after = capture::for_each_request(bytes, [&](const HttpRequest& request) {
      if (!request.whole && !all) return false;
      const ByteView head = ByteView(bytes).subspan(request.offset, request.size);
      heads.push_back({.frame = piece_at(run, next + request.offset)->frame,
                       .host = side.sender + " to " + host_of(request, side.receiver),
                       .bytes = {head.begin(), head.end()}});
      return true;
    });
    const bool goes_on = after != kNoRequest && after > 0;
    // A body that the window cuts off may be one that a larger window holds.
    if (!goes_on && !all && ++window < std::size(kWindows)) continue;
    keep(side, std::move(heads));
    if (!goes_on) return kNoRequest;
    next += after;
    window = 0;
  }
  return next;
}

void RequestHeads::keep(const Side& side, std::vector<Head> heads) {
  if (heads.empty()) return;
  if (wheres_.empty() || wheres_.back() != side.where) wheres_.push_back(side.where);
  for (Head& head : heads) {
    head.where = wheres_.size() - 1;
    held_ += sizeof(Head) + head.bytes.size();
    heads_.push_back(std::move(head));
  }
  if (held_ > kMostHeld) pass_on();
}

void RequestHeads::pass_on() {
  std::stable_sort(heads_.begin(), heads_.end(),
                   [](const Head& a, const Head& b) { return a.frame < b.frame; });
  for (const Head& head : heads_) {
    capture::for_each_request(head.bytes, [&](const HttpRequest& request) {
      carriers_.add(head.host, places_.size(), request);
      return false;
    });
    places_.push_back({head.where, head.frame});
  }
  heads_.clear();
  held_ = 0;
}

void RequestHeads::finish() {
  pass_on();
  for (capture::RequestFinding& found : carriers_.finish()) {
    const Place& place = places_[found.id];
    surfaces_.take(wheres_[place.where] + ", heads of requests", place.frame, std::move(found.hit));
  }
  if (!carriers_.complete())
    surfaces_.not_looked_into("HTTP requests", "too many kinds of them to put all of their heads together",
                              0);
  if (!carriers_.problem().empty()) surfaces_.not_looked_into("HTTP requests", carriers_.problem(), 0);
}

}  // namespace candor::scan
