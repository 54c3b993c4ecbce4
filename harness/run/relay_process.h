// SPDX-License-Identifier: Apache-2.0
//
// The one program of a run that leads out of this machine, started only if the scenario names real hosts: an
// ordinary child of the harness, outside the sealed compartment, with the list of those hosts in its command
// line. The simulated internet has the other end of its socket. The destructor kills it; so does the
// harness's death.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/named_host.h"
#include "base/process.h"
#include "run/folder.h"

namespace candor::run {

class RelayProcess {
 public:
  /// Starts it. `collector` is the collector's endpoint.
  RelayProcess(const asio::any_io_executor& executor, const FolderPaths& paths, const std::string& collector,
               const std::vector<NamedHost>& hosts);

  /// The sealed side's end of the socket pair, until it was handed over; then this side's copy must go.
  [[nodiscard]] int sealed_end() const { return sealed_end_.get(); }
  void handed_over() { sealed_end_.reset(); }

  [[nodiscard]] asio::awaitable<ExitStatus> wait() { return process_.wait(); }
  /// How it ended, in words.
  [[nodiscard]] std::string account() const { return process_.account(); }
  void kill();

 private:
  RelayProcess(const asio::any_io_executor& executor, const FolderPaths& paths, const std::string& collector,
               const std::vector<NamedHost>& hosts, std::pair<UniqueFd, UniqueFd> ends);

  UniqueFd sealed_end_;
  Process process_;
};

/// Puts into the run folder the certificates of the authorities that vouch for real hosts: this system's and
/// those of `further`, unless it is empty. Throws Error if there are none.
void write_authorities(const FolderPaths& paths, const std::filesystem::path& further);

}  // namespace candor::run
