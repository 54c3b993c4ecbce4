// SPDX-License-Identifier: Apache-2.0
//
// Datagrams, pings and whatever else comes in packets of its own: each searched by itself, and with all of
// its kind between the same two ports put together. Those whose sender took a new port for each are put
// together by where they went.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "capture/layers.h"
#include "capture/tcp_stream.h"
#include "scan/surfaces.h"

namespace candor::scan {

class DatagramFlows {
 public:
  explicit DatagramFlows(Surfaces& surfaces) : surfaces_(surfaces) {}

  /// The payload must live until it is forgotten: by evict() or forget().
  void add(const capture::Layers& layers, std::uint64_t frame);
  [[nodiscard]] std::size_t flows() const { return flows_.size(); }
  /// Payloads held.
  [[nodiscard]] std::size_t held() const { return held_; }

  /// The last packet of each flow.
  [[nodiscard]] std::vector<std::uint64_t> ages() const;
  /// Searches all flows that had no packet since `frame` and forgets them. If one goes on nevertheless, that
  /// is reported.
  void evict(std::uint64_t frame);
  /// Searches all and keeps copies of the last `tail` bytes of each, so that what follows is joined to them.
  void forget(std::size_t tail);
  /// Searches what is left.
  void finish();

 private:
  struct Flow {
    std::string lone;  ///< Name without the sender's port.
    capture::Run pieces;
    Bytes tail;  ///< What the first piece is a copy of, if it was searched before.
    std::uint64_t end = 0;
    std::uint64_t last_frame = 0;
  };
  using Flows = std::map<std::string, Flow>;

  void search(const std::string& where, Flow& flow);
  void keep_tail(Flow& flow, std::size_t tail) const;
  static void append(Flow& flow, ByteView bytes, std::uint64_t frame);

  Surfaces& surfaces_;
  Flows flows_;
  Flows lone_;                               ///< Of flows of one datagram each, by where they went.
  std::unordered_set<std::size_t> evicted_;  ///< Hashes of names.
  std::size_t held_ = 0;
};

}  // namespace candor::scan
