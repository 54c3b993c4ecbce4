// SPDX-License-Identifier: Apache-2.0
#include "capture/fragments.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace candor::capture {

namespace {

constexpr std::size_t kMostPending = 1024;
constexpr std::size_t kMostParts = 8192;  // of one datagram: 64 KiB in pieces of 8 bytes
constexpr std::uint32_t kLargestDatagram = 65'535 + 64;

}  // namespace

/// Copies what is new of a fragment and compares what is not.
void FragmentStore::place(Pending& pending, const Fragment& fragment) {
  const auto end = static_cast<std::uint32_t>(fragment.offset + fragment.payload.size());
  if (pending.bytes.size() < end) pending.bytes.resize(end);
  std::uint32_t at = fragment.offset;
  while (at < end) {
    const auto next = pending.covered.upper_bound(at);
    const bool seen = next != pending.covered.begin() && std::prev(next)->second > at;
    const std::uint32_t stop = std::min(end, seen                            ? std::prev(next)->second
                                             : next == pending.covered.end() ? end
                                                                             : next->first);
    const ByteView part = fragment.payload.subspan(at - fragment.offset, stop - at);
    if (seen) {
      if (!std::equal(part.begin(), part.end(), pending.bytes.begin() + at))
        pending.datagram.contradictory = true;
    } else {
      std::copy(part.begin(), part.end(), pending.bytes.begin() + at);
      auto [begin, to] = std::pair(at, stop);
      if (next != pending.covered.end() && next->first == to) {
        to = next->second;
        pending.covered.erase(next);
      }
      const auto after = pending.covered.lower_bound(begin);
      if (after != pending.covered.begin() && std::prev(after)->second == begin)
        std::prev(after)->second = to;
      else
        pending.covered.emplace(begin, to);
    }
    at = stop;
  }
}

FragmentStore::Datagram FragmentStore::take(std::map<Key, Pending>::iterator pending) {
  Pending& done = pending->second;
  const bool complete = !done.hopeless && done.size && done.covered.size() == 1 &&
                        done.covered.begin()->first == 0 && done.covered.begin()->second == *done.size;
  Datagram datagram = std::move(done.datagram);
  if (complete) datagram.whole = std::move(done.bytes);
  by_age_.erase(done.order);
  pending_.erase(pending);
  return datagram;
}

std::vector<FragmentStore::Datagram> FragmentStore::add(const Fragment& fragment, bool cut,
                                                        std::uint64_t frame) {
  std::vector<Datagram> finished;
  // The first fragment's protocol may be an extension header's; the others carry the same number.
  const Key key{fragment.source, fragment.destination, fragment.id, fragment.protocol};
  if (!pending_.contains(key)) {
    if (pending_.size() == kMostPending) finished.push_back(take(pending_.find(by_age_.begin()->second)));
    pending_[key].order = ++count_;
    by_age_.emplace(count_, key);
  }
  const auto found = pending_.find(key);
  Pending& pending = found->second;
  pending.datagram.parts.push_back({fragment.payload, frame});
  if (fragment.offset == 0 || pending.datagram.parts.size() == 1) pending.datagram.first = fragment;
  const std::size_t end = fragment.offset + fragment.payload.size();
  if (cut || end > kLargestDatagram || pending.datagram.parts.size() >= kMostParts) {
    pending.hopeless = true;
  } else {
    place(pending, fragment);
    if (!fragment.more && !pending.size) pending.size = static_cast<std::uint32_t>(end);
  }
  const bool whole = pending.size && pending.covered.size() == 1 && pending.covered.begin()->first == 0 &&
                     pending.covered.begin()->second >= *pending.size;
  if (whole || pending.datagram.parts.size() >= kMostParts) finished.push_back(take(found));
  return finished;
}

std::vector<FragmentStore::Datagram> FragmentStore::finish() {
  std::vector<Datagram> left;
  while (!pending_.empty()) left.push_back(take(pending_.find(by_age_.begin()->second)));
  return left;
}

}  // namespace candor::capture
