// SPDX-License-Identifier: Apache-2.0
//
// Connections that one conversation has told its peer to make, such as those FTP carries files on, and what
// is to be said on them; and those it asks this side to make. Owned by the services; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <tuple>

#include "internet/endpoint.h"

namespace candor::internet {

class Conversation;
struct Start;

/// What is to be said on a connection, known before its first byte. `start` may be empty.
struct Expected {
  std::function<std::unique_ptr<Conversation>(const Start&)> start;
  bool within_tls = false;  ///< Nothing is said before a TLS handshake.
};

class ExpectedConnections {
 public:
  /// A port of `server` on which `client` is now expected; whoever holds it must cancel() it.
  [[nodiscard]] std::uint16_t expect(const asio::ip::address& server, const asio::ip::address& client,
                                     Expected what);
  void cancel(const asio::ip::address& server, const asio::ip::address& client, std::uint16_t port);
  /// What is to be said to `client` at `server`, once; empty if nobody is expected there.
  [[nodiscard]] Expected take(const Endpoint& server, const asio::ip::address& client);
  [[nodiscard]] std::size_t size() const { return expected_.size(); }

 private:
  using Key = std::tuple<asio::ip::address, asio::ip::address, std::uint16_t>;

  std::map<Key, Expected> expected_;
  std::uint16_t last_port_ = 0;
};

/// Connects `server` to `client` and talks there. If that fails, `what` is destroyed without having been
/// started.
using Dial = std::function<void(const Endpoint& server, const Endpoint& client, Expected what)>;

}  // namespace candor::internet
