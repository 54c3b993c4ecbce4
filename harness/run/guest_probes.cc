// SPDX-License-Identifier: Apache-2.0
#include "run/guest_probes.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "run/guest_commands.h"
#include "vm/arguments.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFolder = "/usr/local/lib/candor-probes/";
constexpr const char* kPorts = "/dev/virtio-ports/";
constexpr std::size_t kLargestProgram = 64U << 20;

std::string path_in_guest(const model::ProbeKind& kind) {
  return kFolder + probe_program(kind).filename().string();
}

std::vector<std::string> command_in_guest(const model::ProbeKind& kind, int port) {
  std::vector<std::string> argv = {path_in_guest(kind)};
  argv.insert(argv.end(), kind.command.begin() + 1, kind.command.end());
  argv.push_back(kPorts + vm::probe_port(port));
  return argv;
}

}  // namespace

std::vector<model::RunProbe> probes_at(const std::vector<model::RunProbe>& probes, model::ProbePlace place) {
  std::vector<model::RunProbe> chosen;
  std::copy_if(probes.begin(), probes.end(), std::back_inserter(chosen),
               [&](const model::RunProbe& each) { return each.kind.place == place; });
  return chosen;
}

fs::path probe_program(const model::ProbeKind& kind) {
  const fs::path own = kind.folder / kind.command.front();
  if (fs::is_regular_file(own)) return own;
  return helper_program(kind.command.front().c_str());
}

asio::awaitable<void> install_guest_probes(guest::Agent& agent, std::vector<model::RunProbe> probes) {
  std::vector<std::pair<std::string, Bytes>> files;
  std::vector<std::string> names;
  for (const model::RunProbe& probe : probes) {
    std::string path = path_in_guest(probe.kind);
    if (std::find(names.begin(), names.end(), path) != names.end()) continue;
    files.emplace_back(path, to_bytes(read_text(probe_program(probe.kind), kLargestProgram)));
    names.push_back(std::move(path));
  }
  if (files.empty()) co_return;
  const CommandOutcome put = co_await put_files(agent, std::move(files));
  if (!put.done) throw Error("putting probes into the guest: " + put.detail);
  const CommandOutcome marked = co_await run_script(agent, "chmod 755 \"$@\"", std::move(names));
  if (!marked.done) throw Error("making probes in the guest executable: " + marked.detail);
  co_await start_guest_probes(agent, std::move(probes));
}

asio::awaitable<void> start_guest_probes(guest::Agent& agent, std::vector<model::RunProbe> probes) {
  int port = 0;
  for (const model::RunProbe& probe : probes) {
    guest::ExecRequest request;
    request.argv = command_in_guest(probe.kind, port++);
    request.timeout = std::chrono::seconds(60);
    const guest::ExecResult result = co_await agent.exec(std::move(request));
    if (!result.ok())
      throw Error("starting the probe '" + probe.kind.name + "' in the guest: " + result.text() +
                  (result.error.empty() ? "" : ": " + printable(result.error, 2000)));
  }
}

}  // namespace candor::run
