// SPDX-License-Identifier: Apache-2.0
#include "run/relay_process.h"

#include <csignal>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "seal/message.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

constexpr int kControlFd = 3;
constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

ProcessSpec relay_spec(const FolderPaths& paths, const std::string& collector,
                       const std::vector<NamedHost>& hosts, int control) {
  ProcessSpec spec{.name = "relay",
                   .argv = {helper_program("candor-relay").string(), "--collector", collector, "--control-fd",
                            std::to_string(kControlFd)},
                   .fds = {{control, kControlFd}},
                   .log = paths.logs() / "relay.log"};
  for (const NamedHost& host : hosts) spec.argv.insert(spec.argv.end(), {"--allow", host.text()});
  return spec;
}

}  // namespace

RelayProcess::RelayProcess(const asio::any_io_executor& executor, const FolderPaths& paths,
                           const std::string& collector, const std::vector<NamedHost>& hosts)
    : RelayProcess(executor, paths, collector, hosts, seal::message_pair()) {}

RelayProcess::RelayProcess(const asio::any_io_executor& executor, const FolderPaths& paths,
                           const std::string& collector, const std::vector<NamedHost>& hosts,
                           std::pair<UniqueFd, UniqueFd> ends)
    : sealed_end_(std::move(ends.first)),
      process_(executor, relay_spec(paths, collector, hosts, ends.second.get())) {}

void RelayProcess::kill() { process_.signal(SIGKILL); }

void write_authorities(const FolderPaths& paths, const fs::path& further) {
  std::string certificates;
  if (fs::exists(kSystemAuthorities)) certificates = read_text(kSystemAuthorities);
  if (!further.empty()) certificates += "\n" + read_text(further);
  if (certificates.empty())
    throw Error(std::string(kSystemAuthorities) +
                " is missing, without which no real host can be told; mend it with: sudo apt-get install "
                "ca-certificates");
  write_file(paths.authorities(), certificates);
}

}  // namespace candor::run
