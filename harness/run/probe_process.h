// SPDX-License-Identifier: Apache-2.0
//
// A probe of a scenario's or a product's, which is no part of Candor: an ordinary child of the harness,
// outside the sealed compartment, with what its user may do. It is told the collector's endpoint and nothing
// else; what it says counts as what it says. The destructor kills it and what it started; so does the
// harness's death.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/process.h"
#include "model/probe.h"
#include "run/folder.h"

namespace candor::run {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// What a probe finds in its environment besides the collector's endpoint: Candor's Python module first in
/// PYTHONPATH, and no output that waits in a buffer.
[[nodiscard]] Environment probe_environment(const std::filesystem::path& share);

class ProbeProcess {
 public:
  /// Throws Error if it cannot be executed. What it prints is logs/NAME.log of the run.
  ProbeProcess(const asio::any_io_executor& executor, const model::ProbeKind& kind, const FolderPaths& paths,
               const std::string& collector, Environment environment);
  ~ProbeProcess() { kill(); }
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  [[nodiscard]] asio::awaitable<ExitStatus> wait() { return process_.wait(); }
  /// How it ended, in words.
  [[nodiscard]] std::string account() const { return process_.account(); }
  void kill();

 private:
  Process process_;
};

}  // namespace candor::run
