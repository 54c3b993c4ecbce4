// SPDX-License-Identifier: Apache-2.0
//
// The living parts of one run: collector, sealed compartment with QEMU, wire and internet, and the channels
// to them. Starting makes a fork that answers; the destructor kills whatever still runs. When any part dies
// that should not have, the session is broken: QEMU is killed so that nothing waits for a guest nobody
// watches, the death is on record, and every further wait ends at once.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collect/collector.h"
#include "guest/agent.h"
#include "model/scenario.h"
#include "run/folder.h"
#include "run/probe_process.h"
#include "run/provision.h"
#include "run/relay_process.h"
#include "run/sticks.h"
#include "seal/compartment.h"
#include "vm/machine.h"

namespace candor::run {

namespace asio = boost::asio;

/// Candor's own probes, without which a run says nothing; the relay if real hosts are passed through.
[[nodiscard]] std::vector<std::string> required_probes(const std::vector<NamedHost>& passthrough);

/// What a session has besides the guest.
struct Surroundings {
  std::vector<NamedHost> passthrough;  ///< Real hosts the guest may reach.
  std::vector<model::RunProbe>
      probes;  ///< Besides Candor's own, those inside the guest in the template's order.
  std::vector<std::string> watched;  ///< Folders of the guest whose files matter.
  std::vector<std::string> planted;  ///< Files of the guest in which the harness itself puts documents.
  Environment probe_environment;
};

class Session {
 public:
  /// Starts collector and compartment and waits until the fork's agent answers. A further probe that does not
  /// join is noted, and the run goes on.
  [[nodiscard]] static asio::awaitable<std::unique_ptr<Session>> start(asio::any_io_executor executor,
                                                                       const Provision& provision,
                                                                       const LiveFolder& folder,
                                                                       std::string run_id,
                                                                       Surroundings surroundings);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  [[nodiscard]] collect::Collector& collector() { return *collector_; }
  [[nodiscard]] vm::Machine& machine() { return *machine_; }
  [[nodiscard]] guest::Agent& agent() { return *agent_; }
  [[nodiscard]] Sticks& sticks() { return sticks_; }
  /// Seconds from the overlay to the agent's first answer.
  [[nodiscard]] double fork_seconds() const { return fork_seconds_; }
  /// PEM of the certificate authority of this run's internet.
  [[nodiscard]] asio::awaitable<std::string> certificate_authority();

  /// What broke the session, or "".
  [[nodiscard]] const std::string& broken() const;
  /// All that died, as sentences for the evidence.
  [[nodiscard]] const std::vector<std::string>& losses() const;
  /// What further probes did amiss as processes, by name; what they did as probes is in their accounts.
  [[nodiscard]] const std::map<std::string, std::string>& probe_problems() const;
  /// Breaks the session from outside (an interrupt): everything that waits ends soon.
  void interrupt(const std::string& why);

  /// Starts the probes inside the guest again, after it was restarted.
  [[nodiscard]] asio::awaitable<void> restart_guest_probes();
  /// Waits; false if the session broke meanwhile.
  [[nodiscard]] asio::awaitable<bool> pause(std::chrono::nanoseconds duration);
  /// Pulls or plugs the guest's cable, at the card and in the wire.
  [[nodiscard]] asio::awaitable<void> set_link(bool up);
  /// Changes values of the vendor's simulated cloud; an Error if it has none of that name.
  [[nodiscard]] asio::awaitable<void> set_cloud(std::map<std::string, std::string> values);
  /// Makes the guest's network slow or lossy, or what it was.
  [[nodiscard]] asio::awaitable<void> set_condition(const model::LinkCondition& condition);
  [[nodiscard]] bool link_up() const { return link_up_; }
  /// Waits until the guest sent nothing for `quiet` and no connection is open, at most `limit`.
  [[nodiscard]] asio::awaitable<void> settle(std::chrono::nanoseconds quiet, std::chrono::nanoseconds limit);
  /// Ends the guest, then lets the probes finish; what did not finish shows in the collector's accounts.
  [[nodiscard]] asio::awaitable<void> finish();

 private:
  struct Watch;
  Session(asio::any_io_executor executor, const LiveFolder& folder, Surroundings surroundings);
  void start_probes();
  [[nodiscard]] asio::awaitable<void> await_probes(model::ProbePlace place);
  [[nodiscard]] asio::awaitable<void> finish_probes(model::ProbePlace place);
  [[nodiscard]] asio::awaitable<void> come_to_rest();
  [[nodiscard]] asio::awaitable<void> look_at_what_is_left();
  [[nodiscard]] asio::awaitable<void> bring_up(const Provision& provision, std::string run_id);

  asio::any_io_executor executor_;
  const LiveFolder& folder_;
  Surroundings surroundings_;
  std::shared_ptr<collect::Collector> collector_;  ///< Shared with the watching coroutine, which outlives us.
  std::shared_ptr<seal::Compartment> compartment_;               ///< Likewise.
  std::shared_ptr<Watch> watch_;                                 ///< Likewise.
  std::map<std::string, std::shared_ptr<ProbeProcess>> probes_;  ///< Likewise, by name.
  std::shared_ptr<RelayProcess> relay_;  ///< Likewise; none unless real hosts are passed through.
  std::optional<vm::Machine> machine_;
  std::optional<guest::Agent> agent_;
  std::vector<std::filesystem::path> disk_;  ///< The images of the guest's disk, the newest first.
  Sticks sticks_;
  double fork_seconds_ = 0;
  bool link_up_ = true;
};

}  // namespace candor::run
