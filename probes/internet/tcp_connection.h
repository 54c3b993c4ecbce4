// SPDX-License-Identifier: Apache-2.0
//
// One TCP connection from its first byte to its last: feeds what was received to its session, and sends the
// answers. What a peer sends is read to its end; idle peers are half-closed first, so that bytes on their way
// still arrive.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <string>

#include "internet/services.h"
#include "internet/session.h"

namespace candor::internet {

using asio::ip::tcp;

class TcpConnection {
 public:
  /// The conversation may be known beforehand.
  TcpConnection(Services& services, tcp::socket socket, const Route& route, Expected expected);

  /// Runs to the connection's end and reports it; throws only what ends the probe.
  [[nodiscard]] asio::awaitable<void> run();
  /// Half-closes or ends it, if it was silent too long by `now` (CLOCK_MONOTONIC).
  void check_idle(std::int64_t now);
  /// Reads what has already arrived, until `deadline` (CLOCK_MONOTONIC) at most, and ends it.
  void stop(std::int64_t deadline);
  /// Ends it to make room for another one.
  void make_room();

  [[nodiscard]] std::int64_t last_activity() const { return last_activity_; }
  [[nodiscard]] bool over() const { return !ended_.empty(); }

 private:
  [[nodiscard]] bool read_available();
  [[nodiscard]] asio::awaitable<void> read_the_rest();
  [[nodiscard]] asio::awaitable<void> flush();
  [[nodiscard]] asio::awaitable<void> wait_to_write();
  [[nodiscard]] asio::awaitable<void> wait_for_more();
  void take_output();
  void end_of_peer();
  void half_close();
  void wake();
  /// Ends whatever is waited for.
  void rouse();
  void finish(const std::string& ended, const std::string& detail = {});
  void report();

  Services& services_;
  tcp::socket socket_;
  asio::steady_timer due_;
  Session session_;

  std::string output_;         // to be sent
  std::string write_problem_;  // why nothing more can be sent
  bool closing_ = false;       // half-close once output_ is sent
  bool half_closed_ = false;
  bool peer_ended_ = false;
  bool woken_ = false;  // the session has something to say
  std::int64_t half_closed_at_ = 0;
  std::int64_t write_waiting_since_ = 0;  // 0: not waiting

  std::string ended_;  // how, once it is over
  std::string detail_;
  std::int64_t stop_deadline_ = 0;  // 0: not stopping
  std::int64_t last_activity_ = monotonic_ns();
};

}  // namespace candor::internet
