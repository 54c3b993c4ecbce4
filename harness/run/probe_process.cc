// SPDX-License-Identifier: Apache-2.0
#include "run/probe_process.h"

#include <csignal>
#include <cstdlib>

namespace candor::run {

namespace fs = std::filesystem;

Environment probe_environment(const fs::path& share) {
  std::string path = (share / "probes/sdk/python").string();
  if (const char* const own = std::getenv("PYTHONPATH"); own != nullptr && *own != '\0')
    path += std::string(":") + own;
  return {{"PYTHONPATH", path}, {"PYTHONUNBUFFERED", "1"}, {"PYTHONDONTWRITEBYTECODE", "1"}};
}

namespace {

ProcessSpec spec_of(const model::ProbeKind& kind, const FolderPaths& paths, const std::string& collector,
                    Environment environment) {
  environment.emplace_back("CANDOR_COLLECTOR", collector);
  return {.name = kind.name,
          .argv = kind.command,
          .log = paths.logs() / (kind.name + ".log"),
          .env = std::move(environment),
          .cwd = kind.folder};
}

}  // namespace

ProbeProcess::ProbeProcess(const asio::any_io_executor& executor, const model::ProbeKind& kind,
                           const FolderPaths& paths, const std::string& collector, Environment environment)
    : process_(executor, spec_of(kind, paths, collector, std::move(environment))) {}

void ProbeProcess::kill() { process_.signal_group(SIGKILL); }

}  // namespace candor::run
