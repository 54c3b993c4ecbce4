// SPDX-License-Identifier: Apache-2.0
//
// One line-wise JSON conversation with the guest agent over a stream socket: a request, then its answer.
// After anything went wrong the next exchange begins with guest-sync-delimited, which skips whatever the
// guest still had to say. Lines are bounded; answers to questions given up earlier are told by their ids and
// skipped.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/json.h"

namespace candor::guest {

namespace asio = boost::asio;

using Deadline = std::chrono::steady_clock::time_point;
[[nodiscard]] inline Deadline deadline_in(std::chrono::milliseconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

class Channel {
 public:
  Channel(asio::any_io_executor executor, UniqueFd socket);

  /// Sends a command and returns its "return" member. Errors begin with "guest agent COMMAND: ".
  [[nodiscard]] asio::awaitable<Json> call(std::string command, Json arguments, Deadline deadline);
  /// Sends a command the agent answers only if it refuses; waits for a refusal until `deadline`.
  [[nodiscard]] asio::awaitable<void> tell(std::string command, Json arguments, Deadline deadline);
  /// Synchronises, asking again every now and then until an answer comes.
  [[nodiscard]] asio::awaitable<void> synchronise(Deadline deadline);

 private:
  /// One coroutine's turn; first come, first served.
  class Turn;
  enum class Bytes { kept, discarded };

  [[nodiscard]] asio::awaitable<void> resync(Deadline deadline);
  /// Sends a command, synchronising first if need be; returns its id.
  [[nodiscard]] asio::awaitable<std::int64_t> send_command(std::string command, Json arguments,
                                                           Deadline deadline);
  /// The answer with this id; nothing if it does not come in time.
  [[nodiscard]] asio::awaitable<std::optional<Json>> receive(std::int64_t id, Deadline deadline);
  [[nodiscard]] asio::awaitable<void> send(std::string bytes, Deadline deadline);
  /// The bytes up to `delimiter`, without it; nothing if it does not come in time.
  [[nodiscard]] asio::awaitable<std::optional<std::string>> read_until(char delimiter, Bytes bytes,
                                                                       Deadline deadline);
  /// Whether the socket became ready before the deadline.
  [[nodiscard]] asio::awaitable<bool> ready(asio::socket_base::wait_type what, Deadline deadline);
  void receive_some();

  asio::any_io_executor executor_;
  asio::local::stream_protocol::socket socket_;
  std::string buffer_;  ///< Received and not yet used.
  bool synchronised_ = false;
  std::int64_t last_id_;
  std::deque<asio::steady_timer*> queue_;  ///< Those who wait for their turn.
  bool busy_ = false;
};

}  // namespace candor::guest
