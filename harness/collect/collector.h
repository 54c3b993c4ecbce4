// SPDX-License-Identifier: Apache-2.0
//
// The harness's end of the probe protocol (probes/PROTOCOL.md): takes events from probes, commits them to the
// run's events.sqlite, and only then acknowledges them. One thread of its own holds the socket and the
// database; everything else reaches it through one queue, and every answer is posted to the executor given,
// which must be one thread (or a strand) and outlive the collector. What a probe does wrong is noted on its
// account and never throws; a store that cannot write makes every call throw from then on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/event.h"
#include "model/evidence.h"

namespace candor::collect {

namespace asio = boost::asio;
using Deadline = std::chrono::steady_clock::time_point;

struct Settings {
  std::filesystem::path folder;  ///< Of the run; events.sqlite is made there, or resumed after a crash.
  std::filesystem::path socket;  ///< In a folder only this user can enter; at most 107 bytes.
  std::string run;               ///< Id of the run; a file of another run is an Error.
  std::chrono::milliseconds heartbeat{1000};  ///< Probes report at least so often.
  std::chrono::milliseconds silence{15'000};  ///< Longer silence is a problem, on either side.
  std::chrono::milliseconds absence{2000};    ///< So is a broken connection that does not come back in time.
  std::int64_t window = 4096;                 ///< Events a probe may have unacknowledged.
};

/// Something wrong with a probe or, if `probe` is empty, with the store itself.
struct Problem {
  std::string probe;
  std::string sentence;
};

/// Keeps its callback subscribed; the callback is not called any more once this is gone.
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::shared_ptr<void> hold) : hold_(std::move(hold)) {}

 private:
  std::shared_ptr<void> hold_;
};

class Collector {
 public:
  /// Opens the store and listens. `on_problem` is called on the executor, as soon as a problem is noted.
  Collector(asio::any_io_executor executor, Settings settings, std::function<void(Problem)> on_problem = {});
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  /// Without close(), the store keeps saying that the run broke off.
  ~Collector();

  /// What probes connect to: "ipc:///…".
  [[nodiscard]] const std::string& endpoint() const;
  [[nodiscard]] const std::filesystem::path& file() const;

  /// Stores an event of the harness itself (probe "runner"); it is committed when this returns. Any thread.
  void record(const std::string& type, Json data);

  // The awaitables below are started and resumed on the executor, and throw Error if the store fails or the
  // collector is closed meanwhile.

  /// Until a probe of this name was welcomed; an Error if it is refused, breaks the rules or the deadline
  /// passes.
  [[nodiscard]] asio::awaitable<void> wait_welcomed(std::string probe, Deadline deadline);
  /// The result of the probe's DONE; an Error with the probe's sentence, if it goes, or after the deadline.
  [[nodiscard]] asio::awaitable<Json> command(std::string probe, std::string name, Json arguments,
                                              Deadline deadline);
  /// Asks the probe to finish; true once its FIN has come and all it reported is stored. False if the probe
  /// goes away, breaks the rules, never came, or the deadline passes.
  [[nodiscard]] asio::awaitable<bool> finish(std::string probe, Deadline deadline);
  /// The first event of `type` (empty: any type) that `matches`, of those already stored, then of new ones;
  /// nothing after the deadline. `matches` runs on the executor.
  [[nodiscard]] asio::awaitable<std::optional<model::Event>> wait_event(
      std::string type, std::function<bool(const model::Event&)> matches, Deadline deadline);

  /// Calls back on the executor with every event (of `type`, unless empty) in the order of commit, from the
  /// first stored one (or only new ones). A slow callback delays only itself: events wait in the store.
  [[nodiscard]] Subscription subscribe(std::string type, std::function<void(const model::Event&)> callback,
                                       bool from_start = true);

  /// How the named probes kept their promises, as stored so far; after close() equal to store's
  /// read_accounts(). "runner" is the name of this process's own events.
  [[nodiscard]] std::vector<model::ProbeAccount> accounts(std::span<const std::string> required);

  /// Takes what has arrived, notes who did not finish, and makes the file whole and durable (one file, no log
  /// beside it, fsync). A verdict may be given only after this returned. Throws Error if the store failed.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace candor::collect
