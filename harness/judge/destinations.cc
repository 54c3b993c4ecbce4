// SPDX-License-Identifier: Apache-2.0
#include "judge/destinations.h"

#include <algorithm>

#include "base/bytes.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

constexpr std::size_t kMostListed = 1000;
constexpr std::size_t kMostNames = 32;  // names, and addresses, of one destination

void insert(std::set<std::string>& set, const std::string& text) {
  if (!text.empty() && set.size() < kMostNames) set.insert(printable(text, 300));
}

}  // namespace

void Destinations::add(const model::FrameAccount::Flow& flow, const std::vector<std::string>& names,
                       const std::string& protocol, std::uint64_t opaque) {
  const std::string address = plain_endpoint(flow.destination).address;
  Row& row = rows_[{names.empty() ? address : names.front(), printable(protocol)}];
  for (const std::string& name : names) insert(row.names, name);
  insert(row.addresses, address);
  row.sent += flow.bytes;
  row.opaque += std::min(opaque, flow.bytes);
  row.free_bits += flow.free_bits;
  if (flow.frames == 0 && flow.first_wall_ns == 0) return;
  row.first_wall_ns = std::min(row.first_wall_ns, flow.first_wall_ns);
  row.last_wall_ns = std::max(row.last_wall_ns, flow.last_wall_ns);
}

model::Destination Destinations::told(const std::string& protocol, const Row& row) const {
  const auto since_start = [this](std::int64_t wall_ns) {
    return std::max(0.0, static_cast<double>(wall_ns - start_wall_ns_) / 1e9);
  };
  const bool timed = row.first_wall_ns != INT64_MAX;
  return {.names = {row.names.begin(), row.names.end()},
          .addresses = {row.addresses.begin(), row.addresses.end()},
          .protocol = protocol,
          .sent = row.sent,
          .understood = row.sent - row.opaque,
          .opaque = row.opaque,
          .first_s = timed ? since_start(row.first_wall_ns) : 0,
          .last_s = timed ? since_start(row.last_wall_ns) : 0,
          .free_bits = row.free_bits};
}

std::vector<model::Destination> Destinations::list() const {
  std::vector<model::Destination> list;
  for (const auto& [key, row] : rows_) list.push_back(told(key.second, row));
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.opaque != b.opaque ? a.opaque > b.opaque : a.sent > b.sent;
  });
  if (list.size() <= kMostListed) return list;
  model::Destination rest = list[kMostListed - 1];
  rest.names = {"and " + counted(list.size() - kMostListed + 1, "further destination")};
  rest.addresses.clear();
  rest.protocol = "any";
  for (std::size_t i = kMostListed; i < list.size(); ++i) {
    rest.sent += list[i].sent;
    rest.understood += list[i].understood;
    rest.opaque += list[i].opaque;
    rest.free_bits += list[i].free_bits;
    rest.first_s = std::min(rest.first_s, list[i].first_s);
    rest.last_s = std::max(rest.last_s, list[i].last_s);
  }
  list.resize(kMostListed - 1);
  list.push_back(std::move(rest));
  return list;
}

}  // namespace candor::judge
