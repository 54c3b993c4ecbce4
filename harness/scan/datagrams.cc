// SPDX-License-Identifier: Apache-2.0
#include "scan/datagrams.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "capture/known_protocols.h"

namespace candor::scan {

namespace {

constexpr std::size_t kMostEvicted = 1U << 20;
constexpr std::size_t kMostLone = 1U << 12;

std::string named(const std::string& channel, const std::string& place) {
  return place.empty() ? channel : channel + " " + place;
}

/// "udp 10.0.0.1 > 10.0.0.2:9".
std::string without_source_port(const capture::Layers& layers) {
  if (!layers.udp()) return {};
  return layers.channel + " " + capture::to_endpoint(layers.source).address + " > " +
         capture::to_endpoint(layers.destination).text();
}

}  // namespace

void DatagramFlows::append(Flow& flow, ByteView bytes, std::uint64_t frame) {
  flow.pieces.push_back({flow.end, bytes, frame});
  flow.end += bytes.size();
  flow.last_frame = frame;
}

void DatagramFlows::add(const capture::Layers& layers, std::uint64_t frame) {
  const std::string where = named(layers.channel, layers.place);
  const auto [found, fresh] = flows_.try_emplace(where);
  Flow& flow = found->second;
  if (fresh) flow.lone = without_source_port(layers);
  if (fresh && evicted_.contains(std::hash<std::string>()(where)))
    surfaces_.not_looked_into(where, "too many conversations at once: not joined to what went before", 0);
  append(flow, layers.payload, frame);
  ++held_;
  if (layers.udp() && capture::is_quic(layers.payload))
    surfaces_.not_looked_into(where, "QUIC, which is not opened", layers.payload.size());
}

/// A container in several datagrams is whole only when they are put together, so only that search says what
/// could not be looked into.
void DatagramFlows::search(const std::string& where, Flow& flow) {
  surfaces_.search(where, flow.pieces);
  if (flow.pieces.size() == 1) return;
  for (std::size_t i = flow.tail.empty() ? 0 : 1; i < flow.pieces.size(); ++i)
    surfaces_.search(where, flow.pieces[i].bytes, flow.pieces[i].frame, flow.pieces[i].at, Look::hits_only);
}

void DatagramFlows::keep_tail(Flow& flow, std::size_t tail) const {
  Bytes kept;
  for (const capture::Piece& piece : flow.pieces) {
    kept.insert(kept.end(), piece.bytes.begin(), piece.bytes.end());
    if (kept.size() > tail) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(tail));
  }
  flow.tail = std::move(kept);
  flow.pieces.assign(1, {flow.end - flow.tail.size(), flow.tail, flow.last_frame});
}

std::vector<std::uint64_t> DatagramFlows::ages() const {
  std::vector<std::uint64_t> ages;
  for (const auto& [where, flow] : flows_) ages.push_back(flow.last_frame);
  return ages;
}

void DatagramFlows::evict(std::uint64_t frame) {
  std::vector<std::pair<std::string, capture::Piece>> lone;
  for (auto flow = flows_.begin(); flow != flows_.end();) {
    Flow& old = flow->second;
    if (old.last_frame > frame) {
      ++flow;
      continue;
    }
    search(flow->first, old);
    held_ -= std::min(held_, old.pieces.size());
    if (old.pieces.size() == 1 && old.tail.empty() && !old.lone.empty())
      lone.emplace_back(old.lone, old.pieces.front());
    if (evicted_.size() < kMostEvicted) evicted_.insert(std::hash<std::string>()(flow->first));
    flow = flows_.erase(flow);
  }
  std::sort(lone.begin(), lone.end(),
            [](const auto& a, const auto& b) { return a.second.frame < b.second.frame; });
  for (const auto& [where, piece] : lone) {
    if (lone_.size() == kMostLone && !lone_.contains(where)) continue;
    append(lone_[where], piece.bytes, piece.frame);
    ++held_;
  }
}

void DatagramFlows::forget(std::size_t tail) {
  for (auto& [where, flow] : flows_) {
    search(where, flow);
    keep_tail(flow, tail);
  }
  for (auto& [where, flow] : lone_) {
    if (flow.pieces.size() > 1) surfaces_.search(where, flow.pieces, Look::hits_only);
    keep_tail(flow, tail);
  }
  held_ = flows_.size() + lone_.size();
}

void DatagramFlows::finish() {
  evict(~std::uint64_t{0});
  for (auto& [where, flow] : lone_)
    if (flow.pieces.size() > 1) surfaces_.search(where, flow.pieces, Look::hits_only);
  lone_.clear();
}

}  // namespace candor::scan
