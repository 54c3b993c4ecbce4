// SPDX-License-Identifier: Apache-2.0
//
// How long it takes from a template to an answering agent, beside a cold boot and QMP `loadvm` of the same
// guest in the same run, and what a fork costs in memory. Takes the guest from the variables of
// tests/e2e/vm/rig.h. The last line is the figure: "fork: 0.19 s (anchor loadvm 0.30 s, ratio 0.63)".
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "e2e/vm/rig.h"

namespace candor::test {
namespace {

namespace fs = std::filesystem;

constexpr int kForks = 20;
constexpr int kLoads = 10;
constexpr int kCalls = 20;

template <typename T>
T median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Time to answer of `kForks` forks, one after the other, and the median of their private memory in KiB.
asio::awaitable<std::pair<double, std::uint64_t>> measure_forks(asio::any_io_executor executor, fs::path root,
                                                                vm::Template frozen) {
  std::vector<double> times;
  std::vector<std::uint64_t> memory;
  for (int i = 0; i < kForks; ++i) {
    const TempDir folder(root, "fork.");
    const Stopwatch watch;
    const auto live = co_await fork(executor, frozen, folder.path());
    times.push_back(watch.seconds());
    memory.push_back(memory_of(live->process->pid()).private_kib);
    co_await finish(*live);
  }
  co_return std::pair(median(times), median(memory));
}

/// What the agent's calls cost in a fork: ping, and a command that does nothing.
asio::awaitable<std::pair<double, double>> measure_calls(asio::any_io_executor executor, fs::path root,
                                                         vm::Template frozen) {
  const TempDir folder(root, "fork.");
  const auto live = co_await fork(executor, frozen, folder.path());
  std::vector<double> pings;
  std::vector<double> commands;
  guest::ExecRequest request;
  request.argv = {"/bin/true"};
  for (int i = 0; i < kCalls; ++i) {
    const Stopwatch ping;
    co_await live->agent->ping();
    pings.push_back(ping.seconds());
    const Stopwatch command;
    co_await live->agent->exec(request);
    commands.push_back(command.seconds());
  }
  co_await finish(*live);
  co_return std::pair(median(pings), median(commands));
}

/// An HMP command; it answers with a sentence only if it failed.
asio::awaitable<void> monitor(vm::Machine& machine, std::string line) {
  Json arguments = {{"command-line", line}};
  const Json said =
      co_await machine.qmp().execute("human-monitor-command", std::move(arguments), std::chrono::minutes(2));
  if (!said.is_string() || !said.get<std::string>().empty())
    throw Error(line + ": " + printable(said.dump()));
}

/// The anchor: `loadvm` of an internal snapshot to an answering agent; and the cold boot before it.
asio::awaitable<std::pair<double, double>> measure_loads(asio::any_io_executor executor, fs::path root) {
  auto maker = vm::TemplateMaker::begin(root, "anchor");  // for its folder; it never publishes
  const vm::MachineConfig config = maker->machine(guest_config());
  const Stopwatch boot_watch;
  const auto live = co_await boot(executor, config);
  const double boot_time = boot_watch.seconds();
  co_await settle(*live->agent);
  co_await monitor(*live->machine, "savevm ready");
  std::vector<double> times;
  for (int i = 0; i < kLoads; ++i) {
    const Stopwatch watch;
    co_await monitor(*live->machine, "loadvm ready");
    co_await live->agent->wait_until_answers(std::chrono::seconds(30));
    times.push_back(watch.seconds());
  }
  co_await finish(*live);
  co_return std::pair(boot_time, median(times));
}

asio::awaitable<void> bench(asio::any_io_executor executor) {
  const TempDir root(fs::temp_directory_path(), "bench-fork.");
  const std::pair<double, double> anchor = co_await measure_loads(executor, root.path());
  const vm::Template frozen = co_await make_template(executor, root.path(), "guest");
  const std::pair<double, double> calls = co_await measure_calls(executor, root.path(), frozen);
  const std::pair<double, std::uint64_t> forks = co_await measure_forks(executor, root.path(), frozen);
  fmt::print("cold boot: {:.2f} s\n", anchor.first);
  fmt::print("agent: ping {:.4f} s, exec of /bin/true {:.4f} s\n", calls.first, calls.second);
  fmt::print("private memory per fork: {:.1f} MiB\n", static_cast<double>(forks.second) / 1024);
  fmt::print("fork: {:.3f} s (anchor loadvm {:.3f} s, ratio {:.2f})\n", forks.first, anchor.second,
             forks.first / anchor.second);
}

}  // namespace
}  // namespace candor::test

int main() {
  try {
    candor::test::Loop loop;
    loop.run(candor::test::bench(loop.executor()));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_fork: {}\n", error.what());
    return 1;
  }
}
