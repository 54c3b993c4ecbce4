// SPDX-License-Identifier: Apache-2.0
#include "capture/tcp_stream.h"

#include <algorithm>
#include <iterator>

namespace candor::capture {

namespace {

constexpr std::uint64_t kOrigin = std::uint64_t{1} << 40U;  // room below for segments that come late
constexpr std::uint64_t kLateSyn = 1U << 20;                // at most so many bytes overtake their SYN
constexpr std::uint64_t kLargestWindow = 1U << 30;          // RFC 7323

}  // namespace

bool TcpStream::begins_anew(const Segment& segment) const {
  if (!begun_ || !segment.syn) return false;
  if (saw_syn_) return segment.sequence != syn_;
  const std::uint64_t begin = position(segment.sequence) + 1;
  return begin > base() || base() - begin > kLateSyn;
}

std::uint64_t TcpStream::position(std::uint32_t sequence) const {
  const auto distance = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(newest_));
  return newest_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
}

std::uint64_t TcpStream::base() const {
  if (pieces_.empty()) return fixed_ ? first_ : newest_;
  const std::uint64_t lowest = pieces_.begin()->first;
  return fixed_ ? std::min(first_, lowest) : lowest;
}

TcpStream::Use TcpStream::add(const Segment& segment, std::uint64_t frame) {
  if (!begun_) {
    begun_ = true;
    newest_ = kOrigin + segment.sequence;
    sent_end_ = newest_;
  }
  const std::uint64_t at = position(segment.sequence) + (segment.syn ? 1 : 0);
  if (segment.syn && !saw_syn_) {
    saw_syn_ = true;
    syn_ = segment.sequence;
    first_ = at;
    floor_ = at;
    fixed_ = true;
  }
  const std::uint64_t end = at + segment.payload.size();
  newest_ = std::max(newest_, end);
  if (segment.payload.empty() && segment.cut == 0) return Use::placed;
  sent_end_ = std::max(sent_end_, end + segment.cut);
  if (at >= floor_) return place(at, segment.payload, frame);
  if (end <= floor_) return Use::outside;
  (void)place(floor_, segment.payload.subspan(floor_ - at), frame);
  return Use::outside;
}

TcpStream::Use TcpStream::place(std::uint64_t at, ByteView bytes, std::uint64_t frame) {
  Use use = Use::placed;
  while (!bytes.empty()) {
    auto next = pieces_.upper_bound(at);
    const Piece* const before = next == pieces_.begin() ? nullptr : &std::prev(next)->second;
    const std::uint64_t before_end = before == nullptr ? 0 : before->at + before->bytes.size();
    std::size_t size = bytes.size();
    if (before_end > at) {
      size = std::min<std::size_t>(size, before_end - at);
      const ByteView there = before->bytes.subspan(at - before->at, size);
      if (!std::equal(there.begin(), there.end(), bytes.begin())) {
        differing_.push_back({at, bytes.first(size), frame});
        use = Use::differs;
      }
    } else {
      if (next != pieces_.end()) size = std::min<std::size_t>(size, next->first - at);
      pieces_.emplace_hint(next, at, Piece{at, bytes.first(size), frame});
    }
    at += size;
    bytes = bytes.subspan(size);
  }
  return use;
}

void TcpStream::acknowledged(std::uint32_t number, bool in_syn) {
  if (!begun_) {
    saw_syn_acknowledged_ = in_syn;
    begun_ = true;
    fixed_ = true;
    newest_ = kOrigin + number;
    first_ = newest_;
    sent_end_ = newest_;
    return;
  }
  const std::uint64_t at = position(number);
  if (at <= newest_ + kLargestWindow) sent_end_ = std::max(sent_end_, at);
}

std::uint64_t TcpStream::end() const {
  if (pieces_.empty()) return 0;
  const Piece& last = pieces_.rbegin()->second;
  return last.at + last.bytes.size() - base();
}

std::vector<Run> TcpStream::runs() const {
  const std::uint64_t from = base();
  std::vector<Run> runs;
  std::uint64_t end = 0;
  for (const auto& [at, piece] : pieces_) {
    if (runs.empty() || at != end) runs.emplace_back();
    end = at + piece.bytes.size();
    runs.back().push_back({at - from, piece.bytes, piece.frame});
  }
  return runs;
}

std::vector<Hole> TcpStream::holes() const {
  std::vector<Hole> holes;
  const std::uint64_t from = base();
  std::uint64_t end = std::max(from, floor_);
  for (const auto& [at, piece] : pieces_) {
    if (at > end) holes.push_back({end - from, at - end});
    end = std::max(end, at + piece.bytes.size());
  }
  if (sent_end_ > end + 1) holes.push_back({end - from, sent_end_ - end});
  return holes;
}

Run TcpStream::differing() const {
  const std::uint64_t from = base();
  Run pieces = differing_;
  for (Piece& piece : pieces) piece.at -= from;
  return pieces;
}

void TcpStream::forget(std::size_t tail) {
  first_ = base();
  fixed_ = true;
  if (pieces_.empty()) return;
  std::uint64_t end = 0;
  Bytes kept;
  const std::uint64_t frame = pieces_.rbegin()->second.frame;
  for (const auto& [at, piece] : pieces_) {
    if (at != end) kept.clear();
    end = at + piece.bytes.size();
    kept.insert(kept.end(), piece.bytes.begin(), piece.bytes.end());
    if (kept.size() > 2 * tail) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(tail));
  }
  if (kept.size() > tail) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(tail));
  tail_ = std::move(kept);
  pieces_.clear();
  differing_.clear();
  floor_ = end - tail_.size();
  pieces_.emplace(floor_, Piece{floor_, tail_, frame});
}

}  // namespace candor::capture
