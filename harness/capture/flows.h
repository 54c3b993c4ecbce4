// SPDX-License-Identifier: Apache-2.0
//
// The guest's side of its conversations, each with the counts the ledger needs and, of TCP, with the bytes of
// its connections, so that what no socket received can still be put together. Frames without ports make flows
// by what they are and where they go. Bounded: what does not fit makes one last flow, of bytes nobody
// follows.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "capture/frame.h"
#include "capture/quic_initial.h"
#include "capture/tcp_flow.h"
#include "model/evidence.h"

namespace candor::capture {

/// `read`: datagrams read field by field, besides DNS.
enum class Transport { tcp, udp, dns, read };

struct FlowKey {
  Transport transport = Transport::tcp;
  Address source;
  Address destination;
  auto operator<=>(const FlowKey&) const = default;
};

struct Flow {
  model::FrameAccount::Flow totals;
  TcpFlow tcp;                   ///< The connection that goes on.
  std::vector<TcpFlow> earlier;  ///< Connections on the same ports before it, of which bytes are kept.
  bool answered = false;         ///< It was accepted, so the simulated internet has its payload as a stream.
  bool unread = false;           ///< An earlier connection was not accepted and has payload.
  std::uint64_t first_frame = 0;
  Bytes hello;  ///< A TLS ClientHello that is not complete yet, and where it goes on.
  std::uint32_t hello_next = 0;
  std::unique_ptr<QuicClient> quic;  ///< Once it said that it is QUIC.
};

class FlowTable {
 public:
  FlowTable() = default;
  FlowTable(const FlowTable&) = delete;  // segments' owners are known by address
  FlowTable& operator=(const FlowTable&) = delete;

  /// The flow a frame belongs to; null if too many are being followed. `is_new` says whether it just began.
  [[nodiscard]] Flow* of(Transport transport, const Dissection& frame, bool& is_new);
  [[nodiscard]] Flow* find(const FlowKey& key);
  /// Of frames without ports. Never null.
  [[nodiscard]] model::FrameAccount::Flow& of(const std::string& channel, const std::string& place);

  /// Adds a segment to its flow, and begins another connection if it is the first of one. Pieces of all flows
  /// together are bounded: the oldest are forgotten.
  TcpFlow::Split add(Flow& flow, const TcpSegment& segment);

  [[nodiscard]] std::map<FlowKey, Flow>& with_ports() { return flows_; }
  /// Everything with a byte in it: with ports first, each in the order of its key.
  [[nodiscard]] std::vector<model::FrameAccount::Flow> totals() const;

 private:
  std::map<FlowKey, Flow> flows_;
  std::map<std::pair<std::string, std::string>, model::FrameAccount::Flow> others_;  // by channel and place
  std::deque<Flow*> kept_;  // owners of the kept segments, oldest first
};

}  // namespace candor::capture
