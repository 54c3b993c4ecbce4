// SPDX-License-Identifier: Apache-2.0
//
// A probe's side of the protocol (probes/PROTOCOL.md). One background thread owns the ZeroMQ socket; report()
// may be called from any thread. Events stay in memory until the collector has them on disk and are sent
// again after a reconnect; when the credit and the buffer are used up, report() waits, so that a slow
// collector slows the probe down and loses nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace candor::probe {

struct Settings {
  std::string collector;                 ///< ZeroMQ endpoint: "ipc:///…/collector".
  std::string name;                      ///< "wire".
  std::string version;                   ///< Of the probe.
  std::vector<std::string> event_types;  ///< What it reports: "wire.link/1" …
  std::size_t buffer = 4096;             ///< Events kept unacknowledged before report() waits.
};

/// Something the harness asks of the probe ("link" {up: false}); answered with Probe::done().
struct Command {
  std::int64_t id = 0;
  std::string name;  ///< "finish" asks the probe to end its work and call finish().
  Json arguments;
};

class Probe {
 public:
  /// Says HELLO and waits for WELCOME; throws Error on REJECT (with its sentence) or after `timeout`.
  explicit Probe(Settings settings, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe();

  /// Queues one event, stamped with both clocks now. Throws Error once the collector is lost for good.
  void report(const std::string& type, Json data);
  /// Events the probe lost before it could report them (a kernel buffer overran …); reported with heartbeats
  /// and FIN.
  void count_dropped(std::uint64_t events);

  /// Readable while a command waits; for poll loops.
  [[nodiscard]] int command_fd() const;
  [[nodiscard]] std::optional<Command> take_command();
  /// Answers a command; `error` is a sentence, empty for success.
  void done(const Command& command, const std::string& error = {}, Json result = Json::object());

  /// Sends FIN and waits until the collector has stored everything up to it; false after `timeout`.
  [[nodiscard]] bool finish(std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// Whether the collector has been silent beyond the protocol's limit.
  [[nodiscard]] bool lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candor::probe
