// SPDX-License-Identifier: Apache-2.0
//
// Replays a scenario's steps in a session, one after the other. What each step did is an event; a step that
// failed does not stop those after it, because a product may leak just then; a broken session does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/hash.h"
#include "document/generate.h"
#include "model/product.h"
#include "model/scenario.h"
#include "run/folder.h"
#include "run/guest_commands.h"
#include "run/progress.h"
#include "run/session.h"

namespace candor::run {

/// What a run plants and what its guest is called.
struct Documents {
  std::vector<document::Planted> planted;   ///< All of the scenario.
  std::vector<document::Planted> controls;  ///< What the control sender sends, in this order.
  model::Manifest manifest;                 ///< Of both, with the guest's names.
};

class StepRunner {
 public:
  /// All references must outlive the runner.
  StepRunner(Session& session, const model::Scenario& scenario, const model::Product& product,
             const Documents& documents, const Progress& progress);

  /// All steps of the scenario.
  [[nodiscard]] asio::awaitable<void> run_all();
  /// Asks the control sender in the guest to send the next control document.
  [[nodiscard]] asio::awaitable<CommandOutcome> send_control();
  /// How many control documents run_all() and the runner's own two controls need.
  [[nodiscard]] static int controls_needed(const model::Scenario& scenario);

 private:
  using Outcome = CommandOutcome;
  [[nodiscard]] asio::awaitable<Outcome> attempt(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> perform(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> plant(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> set_attributes(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> open(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> edit(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> copy(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> archive(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> erase(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> offline(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> idle(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> plug(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> reboot();
  [[nodiscard]] asio::awaitable<Outcome> exec(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> wait_for(const model::Step& step);
  [[nodiscard]] asio::awaitable<Outcome> repeat_until(std::vector<std::string> argv,
                                                      std::int64_t deadline_ns);
  /// The planted files of the step's documents, in order.
  [[nodiscard]] std::vector<const document::Planted*> files_of(const model::Step& step) const;
  [[nodiscard]] std::vector<std::string> paths_of(const model::Step& step) const;
  void report_control(const document::Planted& control, const std::string& host, const Outcome& outcome);
  void report(std::size_t index, const model::Step& step, const Outcome& outcome, std::int64_t started_ns);

  Session& session_;
  const model::Scenario& scenario_;
  const model::Product& product_;
  const Documents& documents_;
  const Progress& progress_;
  std::size_t next_control_ = 0;
};

}  // namespace candor::run
