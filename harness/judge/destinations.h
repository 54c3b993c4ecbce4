// SPDX-License-Identifier: Apache-2.0
//
// Adds up, per host and protocol, what went there. Owned by one ledger.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::judge {

class Destinations {
 public:
  explicit Destinations(std::int64_t start_wall_ns) : start_wall_ns_(start_wall_ns) {}

  /// Adds a flow, of whose bytes `opaque` are not understood. Of `names` the first is the host's own; without
  /// any it is told by its address. Names are made printable here.
  void add(const model::FrameAccount::Flow& flow, const std::vector<std::string>& names,
           const std::string& protocol, std::uint64_t opaque);

  /// Most opaque bytes first, then most bytes.
  [[nodiscard]] std::vector<model::Destination> list() const;

 private:
  struct Row {
    std::set<std::string> names;
    std::set<std::string> addresses;
    std::uint64_t sent = 0;
    std::uint64_t opaque = 0;
    std::uint64_t free_bits = 0;
    std::int64_t first_wall_ns = INT64_MAX;
    std::int64_t last_wall_ns = 0;
  };
  [[nodiscard]] model::Destination told(const std::string& protocol, const Row& row) const;

  std::int64_t start_wall_ns_;
  std::map<std::pair<std::string, std::string>, Row> rows_;  // by host and protocol
};

}  // namespace candor::judge
