// SPDX-License-Identifier: Apache-2.0
//
// A guest as the wire sees one: the far end of QEMU's stream, on which a test sends any frame it likes.
#pragma once

#include <tins/tins.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"

namespace candor::seal::test {

inline const Tins::HWAddress<6> kGuestMac("52:54:00:00:00:02");

class Guest {
 public:
  explicit Guest(UniqueFd socket) : socket_(std::move(socket)) {}

  void send(Tins::PDU& frame) { send(Bytes(frame.serialize())); }
  void send(const Bytes& frame);
  /// Every frame sent so far.
  [[nodiscard]] const std::vector<Bytes>& sent() const { return sent_; }
  /// The first arriving frame that `matches`, within the time; others are dropped.
  [[nodiscard]] bool receives(const std::function<bool(Tins::EthernetII&)>& matches,
                              std::chrono::milliseconds within = std::chrono::seconds(5));
  /// Makes itself known to the gateway, in both families, so that it can be answered.
  [[nodiscard]] bool introduce();
  /// Whether a SYN to that address and port, in a frame to the gateway, is answered with SYN and ACK from
  /// there.
  [[nodiscard]] bool connects(const std::string& address, std::uint16_t port);

 private:
  [[nodiscard]] std::optional<Bytes> next(std::chrono::steady_clock::time_point deadline);

  UniqueFd socket_;
  Bytes received_;
  std::vector<Bytes> sent_;
};

[[nodiscard]] bool is_ipv6(const std::string& address);
/// Frames from the guest to `mac`.
[[nodiscard]] Tins::EthernetII syn(const std::string& mac, const std::string& address, std::uint16_t port);
[[nodiscard]] Tins::EthernetII datagram(const std::string& mac, const std::string& address,
                                        std::uint16_t port);

}  // namespace candor::seal::test
