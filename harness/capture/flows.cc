// SPDX-License-Identifier: Apache-2.0
#include "capture/flows.h"

#include <algorithm>

namespace candor::capture {

namespace {

constexpr std::size_t kMostFlows = 1U << 16;
constexpr std::size_t kMostOthers = 4096;
constexpr std::size_t kMostKeptSegments = 1U << 18;

const char* text(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::udp:
      return "udp";
    case Transport::dns:
      return "dns";
    case Transport::read:
      return "read";
  }
  return "";
}

void forget_oldest(Flow& flow) {
  const auto with_some = std::find_if(flow.earlier.begin(), flow.earlier.end(),
                                      [](const TcpFlow& connection) { return connection.kept() > 0; });
  (with_some == flow.earlier.end() ? flow.tcp : *with_some).forget_lowest();
}

}  // namespace

Flow* FlowTable::of(Transport transport, const Dissection& frame, bool& is_new) {
  const auto [found, made] = [&] {
    const FlowKey key{transport, frame.source, frame.destination};
    if (flows_.size() < kMostFlows) return flows_.try_emplace(key);
    return std::pair(flows_.find(key), false);
  }();
  is_new = made;
  if (found == flows_.end()) return nullptr;
  if (made) {
    found->second.totals.source = to_endpoint(frame.source);
    found->second.totals.destination = to_endpoint(frame.destination);
    found->second.totals.transport = text(transport);
  }
  return &found->second;
}

Flow* FlowTable::find(const FlowKey& key) {
  const auto found = flows_.find(key);
  return found == flows_.end() ? nullptr : &found->second;
}

model::FrameAccount::Flow& FlowTable::of(const std::string& channel, const std::string& place) {
  const bool fits = others_.size() < kMostOthers || others_.contains({channel, place});
  const auto [found, made] =
      others_.try_emplace(fits ? std::pair(channel, place) : std::pair<std::string, std::string>());
  if (made) {
    found->second.transport = fits ? channel : "more flows than are followed";
    found->second.destination.address = fits ? place : "";
  }
  return found->second;
}

TcpFlow::Split FlowTable::add(Flow& flow, const TcpSegment& segment) {
  if (flow.tcp.begins_anew(segment)) {
    if (flow.tcp.kept() > 0) {
      flow.unread = flow.unread || !flow.answered;
      flow.earlier.push_back(std::move(flow.tcp));
    }
    flow.tcp = TcpFlow();
    flow.answered = false;
  }
  const std::size_t before = flow.tcp.kept();
  const TcpFlow::Split split = flow.tcp.add(segment);
  for (std::size_t i = before; i < flow.tcp.kept(); ++i) kept_.push_back(&flow);
  while (kept_.size() > kMostKeptSegments) {
    forget_oldest(*kept_.front());
    kept_.pop_front();
  }
  return split;
}

std::vector<model::FrameAccount::Flow> FlowTable::totals() const {
  std::vector<model::FrameAccount::Flow> list;
  for (const auto& [key, flow] : flows_) list.push_back(flow.totals);
  for (const auto& [key, totals] : others_) list.push_back(totals);
  std::erase_if(list, [](const model::FrameAccount::Flow& totals) { return totals.bytes == 0; });
  return list;
}

}  // namespace candor::capture
