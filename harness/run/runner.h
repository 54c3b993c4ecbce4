// SPDX-License-Identifier: Apache-2.0
//
// One run from scenario to verdict: plant, replay, record, finish, judge. A run that could not be made is an
// Error and leaves no folder; everything else ends in a verdict with its evidence.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "base/hash.h"
#include "model/scenario.h"
#include "model/verdict_record.h"
#include "run/folder.h"
#include "run/probe_process.h"
#include "run/progress.h"
#include "run/provision.h"

namespace candor::run {

namespace asio = boost::asio;

struct RunRequest {
  model::Scenario scenario;
  std::string scenario_text;  ///< As read, for the run folder.
  Provision provision;
  std::filesystem::path runs;  ///< Where run folders are made.
  Seed seed = Seed(0);
  std::vector<model::RunProbe> probes;  ///< Of scenario and product, besides Candor's own.
  Environment probe_environment;
  /// Certificates of authorities that vouch for passed-through hosts besides the system's; "": none.
  std::filesystem::path authorities;
  bool keep = false;  ///< Keep the fork's disk in the run folder.
};

struct RunResult {
  model::Verdict verdict;
  FolderPaths paths;
};

/// `on_interrupt` is given a function that ends the run early, and an empty one when that is too late; the
/// run then throws Interrupted.
using InterruptHook = std::function<void(std::function<void()>)>;

/// The run was ended from outside; its folder is gone.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

[[nodiscard]] asio::awaitable<RunResult> run_scenario(asio::any_io_executor executor, RunRequest request,
                                                      const Progress& progress, InterruptHook on_interrupt);

/// Judges a run folder again, from its files alone; writes nothing.
[[nodiscard]] model::Verdict rejudge(const std::filesystem::path& folder);

}  // namespace candor::run
