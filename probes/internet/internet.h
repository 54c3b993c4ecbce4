// SPDX-License-Identifier: Apache-2.0
//
// The simulated internet as a whole: every name, every address, every port. Listens on one port, where the
// compartment's rules bring all TCP and UDP. One thread, the io_context's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>

#include "internet/echo_server.h"
#include "internet/services.h"
#include "internet/tcp_server.h"
#include "internet/udp_server.h"

namespace candor::internet {

class Internet {
 public:
  /// Listens at once; throws Error if it cannot.
  Internet(asio::any_io_executor executor, Services& services, std::uint16_t port);
  Internet(const Internet&) = delete;
  Internet& operator=(const Internet&) = delete;

  /// Reports ready and begins to answer. `every_turn` is called about twice a second.
  void start(std::function<void()> every_turn = {});
  /// Takes in what has arrived, then ends everything; all is reported and in its place when this returns.
  [[nodiscard]] asio::awaitable<void> finish();
  /// Whether no TCP stream was open at some moment within the limit.
  [[nodiscard]] asio::awaitable<bool> drained(std::chrono::nanoseconds limit);
  /// {streams, bytes, wire_bytes, dns_queries, datagrams, last_activity_ns, open, udp_open}.
  [[nodiscard]] Json totals() const;
  [[nodiscard]] std::size_t tcp_open() const { return tcp_.open(); }
  [[nodiscard]] std::size_t udp_open() const { return udp_.open(); }

 private:
  [[nodiscard]] asio::awaitable<void> keep_house(std::function<void()> every_turn);

  asio::any_io_executor executor_;
  Services& services_;
  TcpServer tcp_;
  UdpServer udp_;
  EchoServer echo_;
  asio::steady_timer turn_;
  bool finished_ = false;
  bool key_log_reported_ = false;
};

}  // namespace candor::internet
