// SPDX-License-Identifier: Apache-2.0
//
// Accepts every TCP connection the compartment's rules divert here, makes those that conversations ask for,
// and owns them to their end. Bounded: at the limit the connection that was silent longest is ended, which
// loses no byte received.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <set>

#include "internet/services.h"
#include "internet/tcp_connection.h"

namespace candor::internet {

class TcpServer {
 public:
  /// Listens at once, for both families.
  TcpServer(asio::any_io_executor executor, Services& services, std::uint16_t port);
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  void start();
  void check_idle();
  /// Takes the connections that wait, closes the listeners, and stops all connections: each reads what has
  /// arrived, until `deadline` (CLOCK_MONOTONIC) at most.
  void stop(std::int64_t deadline);
  [[nodiscard]] std::size_t open() const { return connections_.size(); }
  /// Whether no connection was open at some moment before the deadline.
  [[nodiscard]] asio::awaitable<bool> wait_empty(std::chrono::steady_clock::time_point deadline);

 private:
  [[nodiscard]] asio::awaitable<void> accept_all(tcp::acceptor& acceptor);
  void accept_waiting(tcp::acceptor& acceptor);
  void take(tcp::socket socket, const tcp::endpoint& source);
  void add(tcp::socket socket, const Route& route, Expected expected);
  [[nodiscard]] asio::awaitable<void> dial(Endpoint server, Endpoint client, Expected what);
  void make_room();
  [[nodiscard]] asio::awaitable<void> serve(std::unique_ptr<TcpConnection> connection);

  asio::any_io_executor executor_;
  Services& services_;
  std::list<tcp::acceptor> acceptors_;
  std::set<TcpConnection*> connections_;  // each owned by its serve()
  std::list<asio::steady_timer> waiters_;
};

}  // namespace candor::internet
