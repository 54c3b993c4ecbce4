// SPDX-License-Identifier: Apache-2.0
//
// The QEMU Machine Protocol over one end of an inherited socket pair. Commands carry ids and may run side by
// side; each subscriber has its own queue of events. One io_context, one thread. The loss of the connection
// ends every waiting command and every event queue with an Error that names what was being done and the last
// lines of QEMU's log. QEMU is not trusted: lines, queues and JSON are bounded, and a peer that breaks the
// protocol is treated as lost.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"

namespace candor::vm {

namespace asio = boost::asio;

class Qmp {
 public:
  /// `log` is QEMU's log, quoted in messages when the connection is lost; may be empty.
  Qmp(asio::any_io_executor executor, UniqueFd socket, std::filesystem::path log = {});
  Qmp(Qmp&&) noexcept;
  Qmp& operator=(Qmp&&) noexcept;
  /// Closes the connection; whoever still waits gets an Error.
  ~Qmp();

  /// Reads the greeting and enters command mode; once, before anything else. Returns the greeting's "QMP"
  /// member.
  [[nodiscard]] asio::awaitable<Json> connect(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  /// The command's "return" member. An Error "QMP COMMAND: CLASS: DESCRIPTION" if QEMU refuses it, is lost,
  /// or does not answer in time.
  [[nodiscard]] asio::awaitable<Json> execute(std::string command, Json arguments = Json::object(),
                                              std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// `getfd`: gives QEMU a duplicate of `fd` under `name`, to be used as "fd:NAME".
  [[nodiscard]] asio::awaitable<void> pass_fd(std::string name, int fd,
                                              std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// A subscriber's queue: every event since subscribe(), in order.
  class Events {
   public:
    Events(Events&&) noexcept;
    Events& operator=(Events&&) noexcept;
    ~Events();
    /// The next event ({event, data, timestamp}); nothing if none came in time. An Error once the connection
    /// is lost and the queue is empty, or if events were dropped because nobody fetched them.
    [[nodiscard]] asio::awaitable<std::optional<Json>> next(std::chrono::milliseconds timeout);
    /// The next event with one of these names; others before it are passed over.
    [[nodiscard]] asio::awaitable<std::optional<Json>> next_of(std::vector<std::string> names,
                                                               std::chrono::milliseconds timeout);

   private:
    friend class Qmp;
    struct Queue;
    explicit Events(std::shared_ptr<Queue> queue);
    std::shared_ptr<Queue> queue_;  // shared with the connection, which fills it
  };
  [[nodiscard]] Events subscribe();

  /// Whether the connection still stands.
  [[nodiscard]] bool connected() const;
  /// True once the connection is lost (QEMU ended), false if it still stands after `timeout`.
  [[nodiscard]] asio::awaitable<bool> wait_lost(std::chrono::milliseconds timeout);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the reading and the writing coroutine
};

}  // namespace candor::vm
