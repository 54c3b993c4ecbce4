// SPDX-License-Identifier: Apache-2.0
#include "capture/tcp_flow.h"

#include <algorithm>
#include <iterator>

namespace candor::capture {

namespace {

constexpr std::size_t kMostHoles = 4096;
constexpr std::size_t kMostOver = 4096;
constexpr std::uint64_t kOrigin = std::uint64_t{1} << 40U;  // room below for segments that come late

}  // namespace

std::uint64_t TcpFlow::position(std::uint32_t sequence) const {
  const auto distance = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(highest_));
  return highest_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
}

void TcpFlow::begin(std::uint32_t sequence) {
  begun_ = true;
  covered_.clear();
  kept_.clear();
  over_.clear();
  highest_ = kOrigin + sequence;
}

void TcpFlow::cover(std::uint64_t from, std::uint64_t to) {
  if (from == to) return;
  auto next = covered_.upper_bound(from);
  if (next != covered_.begin() && std::prev(next)->second >= from) {
    --next;
    from = next->first;
  }
  while (next != covered_.end() && next->first <= to) {
    to = std::max(to, next->second);
    next = covered_.erase(next);
  }
  covered_.emplace(from, to);
  highest_ = std::max(highest_, to);
}

/// How many of `bytes`, which stand at `from`, equal what is kept of there.
std::uint64_t TcpFlow::equal_bytes(std::uint64_t from, ByteView bytes) const {
  std::uint64_t equal = 0;
  const std::uint64_t to = from + bytes.size();
  auto piece = kept_.upper_bound(from);
  if (piece != kept_.begin()) --piece;
  for (; piece != kept_.end() && piece->first < to; ++piece) {
    const std::uint64_t start = std::max(from, piece->first);
    const std::uint64_t end = std::min(to, piece->first + piece->second.size());
    if (start >= end) continue;
    const ByteView now = bytes.subspan(start - from, end - start);
    const ByteView then = piece->second.subspan(start - piece->first, end - start);
    if (std::equal(now.begin(), now.end(), then.begin())) equal += now.size();
  }
  return equal;
}

bool TcpFlow::begins_anew(const TcpSegment& segment) const {
  return begun_ && segment.syn && (!has_syn_ || segment.sequence != first_);
}

TcpFlow::Split TcpFlow::add(const TcpSegment& segment) {
  if (!begun_ || begins_anew(segment)) begin(segment.sequence);
  if (segment.syn) {
    has_syn_ = true;
    first_ = segment.sequence;
  }
  Split split;
  ByteView rest = segment.payload;
  if (covered_.size() >= kMostHoles) {
    split.doubtful = rest.size();
    return split;
  }
  const std::uint64_t start = position(segment.sequence);
  std::uint64_t at = start + (segment.syn ? 1 : 0);
  cover(start, at);
  const std::uint64_t end = at + rest.size();
  while (!rest.empty()) {
    const auto next = covered_.upper_bound(at);
    const bool seen = next != covered_.begin() && std::prev(next)->second > at;
    const std::uint64_t bound = seen ? std::prev(next)->second : next == covered_.end() ? end : next->first;
    const ByteView part = rest.first(std::min(bound, end) - at);
    if (seen) {
      const std::uint64_t equal = equal_bytes(at, part);
      split.repeated += equal;
      split.doubtful += part.size() - equal;
      if (equal < part.size() && over_.size() < kMostOver) over_.emplace_back(at, part);
    } else {
      split.fresh += part.size();
      kept_.emplace(at, part);
      cover(at, at + part.size());
    }
    at += part.size();
    rest = rest.subspan(part.size());
  }
  cover(end, end + (segment.fin ? 1 : 0));
  return split;
}

std::vector<Bytes> TcpFlow::runs(bool later) const {
  std::vector<Bytes> list;
  std::vector<std::uint64_t> starts;
  std::uint64_t end = 0;
  for (const auto& [at, bytes] : kept_) {
    if (list.empty() || at != end) {
      list.emplace_back();
      starts.push_back(at);
    }
    list.back().insert(list.back().end(), bytes.begin(), bytes.end());
    end = at + bytes.size();
  }
  if (!later) return list;
  for (const auto& [at, bytes] : over_) {
    const auto after = std::upper_bound(starts.begin(), starts.end(), at);
    if (after == starts.begin()) continue;
    const auto index = static_cast<std::size_t>(after - starts.begin()) - 1;
    Bytes& run = list[index];
    const std::uint64_t offset = at - starts[index];
    if (offset >= run.size()) continue;
    const ByteView part = bytes.first(std::min<std::uint64_t>(bytes.size(), run.size() - offset));
    std::copy(part.begin(), part.end(), run.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return list;
}

}  // namespace candor::capture
