// SPDX-License-Identifier: Apache-2.0
//
// Receives every datagram the compartment's rules divert here. DNS (port 53) and the protocols of
// datagram_protocols.h are answered; everything but DNS,
// and every DNS message that holds more than its event tells, is kept: one stream per source and destination,
// datagrams one after the other. Bounded: at the limit the conversation that was silent longest is ended,
// which loses nothing. Datagrams the kernel had no room for are counted as dropped.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "internet/services.h"
#include "internet/stream_record.h"
#include "internet/transparent_socket.h"

namespace candor::internet {

using asio::ip::udp;

class UdpServer {
 public:
  UdpServer(asio::any_io_executor executor, Services& services, std::uint16_t port);
  UdpServer(const UdpServer&) = delete;
  UdpServer& operator=(const UdpServer&) = delete;

  void start();
  void check_idle();
  /// Takes the datagrams that wait, until `deadline` (CLOCK_MONOTONIC) at most, and ends all conversations.
  void stop(std::int64_t deadline);
  [[nodiscard]] std::size_t open() const { return conversations_.size(); }

 private:
  struct Listener {
    udp::socket socket;
    std::uint32_t lost = 0;  // datagrams, as last told by the kernel
  };
  using Key = std::pair<Endpoint, Endpoint>;
  struct Conversation {
    Conversation(Services& services, const Route& route, Key key_of)
        : key(std::move(key_of)), record(services, route) {}
    Key key;
    StreamRecord record;
    std::string detail;
    std::string protocol;              // of all its datagrams; "" if they differ
    std::vector<std::size_t> lengths;  // of the first datagrams
    std::uint64_t datagrams = 0;
    std::int64_t last_activity = 0;
  };

  [[nodiscard]] asio::awaitable<void> receive_all(Listener& listener);
  bool receive_one(Listener& listener);
  void note_lost(Listener& listener);
  /// `protocol`: what the datagram was recognised as, or "".
  void keep(const Route& route, ByteView bytes, const std::string& detail, const std::string& protocol = {});
  Conversation& conversation(const Route& route);
  void end(std::list<Conversation>::iterator conversation, const std::string& ended,
           const std::string& detail);

  asio::any_io_executor executor_;
  Services& services_;
  std::list<Listener> listeners_;
  std::list<Conversation> conversations_;  // the longest silent first
  std::map<Key, std::list<Conversation>::iterator> index_;
};

}  // namespace candor::internet
