// SPDX-License-Identifier: Apache-2.0
//
// One connection to a real host: what a guest said is sent there, in TLS of its own if the guest used TLS,
// and what the host says can be taken. Bounded both ways: full() says that nothing more should be given for
// now, and nothing is read from the host while much of what it said was not taken. Owned by the conversation
// that is passed through; its coroutines share it until they end. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "internet/relay_client.h"
#include "internet/tls_client.h"

namespace candor::internet {

class Passage : public std::enable_shared_from_this<Passage> {
 public:
  static constexpr std::size_t kMostHeld = 256U << 10;      ///< In each direction, and one piece more.
  static constexpr std::size_t kMostGiven = 4 * kMostHeld;  ///< Who gives so much in spite of full() ends it.

  Passage(RelayClient& relay, NamedHost host, std::unique_ptr<TlsClient> tls);
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  /// Asks for the connection. `news` is called whenever there is something to take, or room again.
  void open(std::function<void()> news);
  /// Sends; what is said before the connection stands is held.
  void send(std::string_view bytes);
  /// Nothing more will be sent.
  void end();
  /// What the host said, at most so much.
  [[nodiscard]] std::string take(std::size_t most);
  [[nodiscard]] bool has_news() const { return !said_.empty() || over_; }
  /// The host will say no more than what can still be taken; problem() tells why, if it was not its own wish.
  [[nodiscard]] bool over() const { return over_ && said_.empty(); }
  [[nodiscard]] bool full() const { return held() >= kMostHeld; }
  /// Ends it; what was not sent is not.
  void close();

  [[nodiscard]] const NamedHost& host() const { return host_; }
  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// {connection, host, port, tls, sent, received, written, read, problem}: bytes of the guest's content and
  /// of the host's, and what of the relay's socket took and gave.
  [[nodiscard]] Json account() const;

 private:
  using Socket = asio::local::stream_protocol::socket;

  [[nodiscard]] std::size_t held() const { return before_.size() + outgoing_.size() + writing_; }
  void connected(relay::Answer answer);
  [[nodiscard]] static asio::awaitable<void> write_all(std::shared_ptr<Passage> self);
  [[nodiscard]] static asio::awaitable<void> read_all(std::shared_ptr<Passage> self);
  void heard(ByteView bytes);
  void take_tls_output();
  void finish(const std::string& problem);
  void tell();

  RelayClient& relay_;
  NamedHost host_;
  std::unique_ptr<TlsClient> tls_;  // none: as it stands
  bool secured_ = false;
  std::function<void()> news_;
  std::int64_t number_ = 0;
  Socket socket_;
  asio::steady_timer to_write_;  // never expires; cancelled when there is something to write, or an end
  asio::steady_timer room_;      // likewise when something was taken

  std::string before_;       // given before TLS stood
  std::string outgoing_;     // for the relay's socket
  std::size_t writing_ = 0;  // being written to it
  std::string said_;         // by the host, not taken yet
  bool ending_ = false;
  bool over_ = false;
  bool closed_ = false;
  std::string problem_;

  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace candor::internet
