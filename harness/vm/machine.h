// SPDX-License-Identifier: Apache-2.0
//
// A started QEMU, steered over QMP. The process belongs to whoever started it; this object sees its end as
// the loss of the QMP connection, and says so with the last lines of QEMU's log.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>

#include "base/fd.h"
#include "vm/launch.h"
#include "vm/qmp.h"

namespace candor::vm {

class Machine {
 public:
  /// Takes over the harness's ends of the sockets, closes the child's, and shakes hands. The Error for a QEMU
  /// that ended (a wrong argument, a missing file) holds the last lines of its log.
  [[nodiscard]] static asio::awaitable<Machine> attach(
      Prepared prepared, asio::any_io_executor executor,
      std::chrono::milliseconds timeout = std::chrono::seconds(30));

  /// The agent's end of its port, once.
  [[nodiscard]] UniqueFd take_agent() { return std::move(agent_); }
  [[nodiscard]] Qmp& qmp() { return qmp_; }
  /// "7.2.22".
  [[nodiscard]] const std::string& qemu_version() const { return version_; }

  /// "running", "paused", "prelaunch", "inmigrate", "shutdown" …
  [[nodiscard]] asio::awaitable<std::string> status();
  [[nodiscard]] asio::awaitable<void> cont();
  [[nodiscard]] asio::awaitable<void> stop();
  /// Presses the power button, or the reset button.
  [[nodiscard]] asio::awaitable<void> powerdown();
  [[nodiscard]] asio::awaitable<void> reset();
  /// Plugs a USB stick whose bytes are the raw file `image`, which must be writable for QEMU. `name` is its
  /// serial number; letters and digits.
  [[nodiscard]] asio::awaitable<void> plug_stick(std::string name, std::filesystem::path image);
  /// Pulls it out, and lets go of its file.
  [[nodiscard]] asio::awaitable<void> pull_stick(std::string name);
  /// Ends QEMU and waits until it is gone; an Error if it is not in time. No error if it was gone already.
  [[nodiscard]] asio::awaitable<void> quit(std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// Events from now on: RESET (the guest rebooted), SHUTDOWN, POWERDOWN, STOP, GUEST_PANICKED …
  [[nodiscard]] Qmp::Events events() { return qmp_.subscribe(); }
  /// True once QEMU is gone, false if it still runs after `timeout`.
  [[nodiscard]] asio::awaitable<bool> wait_end(std::chrono::milliseconds timeout) {
    return qmp_.wait_lost(timeout);
  }

 private:
  Machine(Qmp qmp, UniqueFd agent, UniqueFd nic_peer)
      : qmp_(std::move(qmp)), agent_(std::move(agent)), nic_peer_(std::move(nic_peer)) {}

  Qmp qmp_;
  UniqueFd agent_;
  UniqueFd nic_peer_;
  std::string version_;
};

}  // namespace candor::vm
