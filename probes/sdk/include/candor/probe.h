// SPDX-License-Identifier: Apache-2.0
//
// A probe's side of Candor's probe protocol (PROTOCOL.md). One background thread owns the ZeroMQ socket;
// report() may be called from any thread. Events stay in memory until the collector has them on disk and are
// sent again after a reconnect; when the credit and the buffer are used up, report() waits, so that a slow
// collector slows the probe down and loses nothing. Whatever goes wrong is thrown as a std::runtime_error
// that says what and where.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace candor::probe {

using Json = nlohmann::json;

/// The environment variable in which Candor gives the collector's endpoint to the probes it starts.
inline constexpr const char* kCollectorVariable = "CANDOR_COLLECTOR";
/// Its value; throws if it is not set.
[[nodiscard]] std::string collector_from_environment();

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

/// What it says of bytes that a probe has them.
enum class About {
  left,     ///< They left the machine, or were given to what sends them.
  kept,     ///< They lie where nobody put them and may leave from there: a spool folder, a stick.
  seen,     ///< Nothing by itself.
  at_rest,  ///< They lie on the guest's own disk. What is found in them is like kept, unless it is a mere
            ///< name; what stays opaque is no doubt.
};

class Probe {
 public:
  /// Says HELLO and waits for WELCOME; throws on REJECT (with its sentence) or after `timeout`.
  explicit Probe(Settings settings, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  ~Probe();

  /// Queues one event, stamped with both clocks now. Throws once the collector is lost for good.
  void report(const std::string& type, Json data);
  /// Hands over bytes with events of `type`, one for each 256 KiB of them. What has the same `id` (1 to 64
  /// bytes) is one blob, in the order of reporting, until `last`; one thread at a time may add to it. They
  /// are searched like what the guest sent.
  void report_blob(const std::string& type, const Json& data, const std::string& id, std::string_view bytes,
                   About about, bool last = true);
  /// Events the probe lost before it could report them (a kernel buffer overran …); reported with heartbeats
  /// and FIN.
  void count_dropped(std::uint64_t events);

  /// Readable while a command waits; for poll loops.
  [[nodiscard]] int command_fd() const;
  [[nodiscard]] std::optional<Command> take_command();
  /// The next command, or nothing after `timeout`. Throws once the collector is lost for good.
  [[nodiscard]] std::optional<Command> wait_command(std::chrono::milliseconds timeout);
  /// Answers a command; `error` is a sentence, empty for success.
  void done(const Command& command, const std::string& error = {}, Json result = Json::object());

  /// Sends FIN and waits until the collector has stored everything up to it; false after `timeout`.
  [[nodiscard]] bool finish(std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// The life of a probe that only works once, such as one that runs after the run: does `work`, waits until
  /// it is asked to finish, and finishes, or answers what `work` threw, and returns it; "" for nothing.
  /// Throws if nobody asks.
  [[nodiscard]] std::string work_and_finish(const std::function<void()>& work);
  /// Whether the collector has been silent beyond the protocol's limit.
  [[nodiscard]] bool lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candor::probe
