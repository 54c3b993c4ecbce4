// SPDX-License-Identifier: Apache-2.0
//
// One accepted TCP connection from its first byte to its last: tells TLS from plaintext, feeds what was
// received to its stream record and to the conversation, and sends the answers. What a peer sends is read to
// its end; idle peers are half-closed first, so that bytes on their way still arrive. A handshake that fails
// keeps the raw bytes as the stream, and bytes behind the end of TLS become a stream of their own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "internet/conversation.h"
#include "internet/services.h"
#include "internet/stream_record.h"
#include "internet/tls_session.h"

namespace candor::internet {

using asio::ip::tcp;

class TcpConnection {
 public:
  TcpConnection(Services& services, tcp::socket socket, Route route);

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
  enum class Phase {
    first_bytes,  ///< Too few yet to tell TLS from anything else.
    plain,
    tls,
    raw,  ///< Kept and not answered: after a failed handshake, or behind the end of TLS.
  };

  // Reading.
  [[nodiscard]] bool read_available();
  [[nodiscard]] asio::awaitable<void> read_the_rest();
  void receive(ByteView bytes);
  void receive_first(ByteView bytes);
  void receive_tls(ByteView bytes);
  void receive_content(ByteView bytes);
  void receive_raw(ByteView bytes);
  void keep(ByteView bytes);

  // Answering.
  void say(const Conversation::Reply& reply);
  [[nodiscard]] asio::awaitable<void> flush();
  [[nodiscard]] asio::awaitable<void> wait_for(tcp::socket::wait_type what);
  void half_close();

  // Ending.
  void refuse_handshake(const std::string& why);
  void end_tls(ByteView behind);
  void report_refusal(const std::string& alert);
  void finish(const std::string& ended, const std::string& detail = {});
  void end_record();
  void report();
  [[nodiscard]] Json tls_json() const;

  Services& services_;
  tcp::socket socket_;
  Route route_;
  Phase phase_ = Phase::first_bytes;
  std::string first_;  // raw bytes until it is clear what this is, and of a TLS handshake until its end
  std::unique_ptr<TlsSession> tls_;
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<StreamRecord> record_;  // none between the end of TLS and a byte behind it

  std::string output_;         // to be sent
  std::string write_problem_;  // why nothing more can be sent
  bool answering_ = true;
  bool closing_ = false;  // half-close once output_ is sent
  bool half_closed_ = false;
  std::int64_t half_closed_at_ = 0;
  std::int64_t write_waiting_since_ = 0;  // 0: not waiting

  std::string ended_;  // how, once it is over
  std::string detail_;
  std::int64_t stop_deadline_ = 0;  // 0: not stopping
  std::int64_t last_activity_ = monotonic_ns();
};

}  // namespace candor::internet
