// SPDX-License-Identifier: Apache-2.0
//
// One connection to a host of the real world: copies bytes between its socket and a local one whose other end
// the sealed side has, and counts them. Each direction holds at most one piece, so a side that takes nothing
// slows the other down. One thread; what breaks is told in the result, not thrown.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <string>

namespace candor::relay {

namespace asio = boost::asio;

class Connection {
 public:
  /// `receivable`: how many bytes hosts may still send, all together; counted down.
  Connection(asio::ip::tcp::socket host, asio::local::stream_protocol::socket inside,
             std::uint64_t& receivable);

  /// Runs until both directions have ended, or one broke.
  [[nodiscard]] asio::awaitable<void> run();
  void stop();

  [[nodiscard]] std::uint64_t sent() const { return sent_; }          ///< To the host.
  [[nodiscard]] std::uint64_t received() const { return received_; }  ///< From it.
  [[nodiscard]] const std::string& ended() const { return ended_; }   ///< As in relay.closed/1.
  [[nodiscard]] const std::string& detail() const { return detail_; }

 private:
  [[nodiscard]] asio::awaitable<void> send_all();
  [[nodiscard]] asio::awaitable<void> receive_all();
  void end(const std::string& how, const std::string& detail = {});

  asio::ip::tcp::socket host_;
  asio::local::stream_protocol::socket inside_;
  std::uint64_t& receivable_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::string ended_;
  std::string detail_;
};

}  // namespace candor::relay
