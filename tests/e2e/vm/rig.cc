// SPDX-License-Identifier: Apache-2.0
#include "rig.h"

#include <cstdlib>
#include <fstream>

#include "base/error.h"

namespace candor::test {

namespace {

constexpr std::chrono::seconds kBootTime{120};

std::filesystem::path from_environment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || !std::filesystem::exists(value))
    throw Error(std::string(name) + " does not name a file; the tests with real machines need it");
  return value;
}

}  // namespace

vm::MachineConfig guest_config() {
  vm::MachineConfig config;
  config.kernel = from_environment("CANDOR_TEST_KERNEL");
  config.initrd = from_environment("CANDOR_TEST_INITRD");
  config.disk = from_environment("CANDOR_TEST_DISK");
  config.kernel_arguments = "root=/dev/vda rw quiet";
  config.memory_mib = 512;
  return config;
}

asio::awaitable<std::unique_ptr<Live>> start(asio::any_io_executor executor, vm::MachineConfig config) {
  vm::Prepared prepared = vm::prepare(config);
  auto live = std::make_unique<Live>();
  live->process = std::make_unique<Process>(executor, prepared.process);
  vm::Machine machine = co_await vm::Machine::attach(std::move(prepared), executor);
  live->machine = std::make_unique<vm::Machine>(std::move(machine));
  live->agent = std::make_unique<guest::Agent>(executor, live->machine->take_agent());
  co_return live;
}

asio::awaitable<std::unique_ptr<Live>> boot(asio::any_io_executor executor, vm::MachineConfig config) {
  auto live = co_await start(executor, config);
  co_await live->machine->cont();
  try {
    co_await live->agent->wait_until_answers(kBootTime);
  } catch (const Error& error) {
    throw error.within("booting the guest, whose console ends in:\n" + tail(config.serial, 1000));
  }
  co_return live;
}

asio::awaitable<std::unique_ptr<Live>> fork(asio::any_io_executor executor, const vm::Template& frozen,
                                            std::filesystem::path folder) {
  auto live = co_await start(executor, vm::fork_config(frozen, folder));
  co_await vm::resume(*live->machine, frozen);
  co_await live->agent->wait_until_answers(std::chrono::seconds(20));
  co_return live;
}

asio::awaitable<void> finish(Live& live) {
  co_await live.machine->quit();
  co_await live.process->wait();
}

asio::awaitable<void> settle(guest::Agent& agent) {
  guest::ExecRequest request;
  request.argv = {"/bin/sh", "-c", "systemctl is-system-running --wait; udevadm settle"};
  request.timeout = kBootTime;
  const guest::ExecResult result = co_await agent.exec(request);
  if (result.timed_out) throw Error("the guest does not come to rest: " + printable(result.output));
}

asio::awaitable<vm::Template> make_template(asio::any_io_executor executor, std::filesystem::path root,
                                            std::string key) {
  auto maker = vm::TemplateMaker::begin(root, key);
  if (!maker) throw Error("somebody else makes this template");
  auto live = co_await boot(executor, maker->machine(guest_config()));
  co_await settle(*live->agent);
  co_await maker->freeze(*live->machine);
  co_await live->process->wait();
  co_return maker->publish();
}

MemoryUse memory_of(int pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  MemoryUse use;
  for (std::string line; std::getline(rollup, line);) {
    const std::uint64_t kib =
        std::strtoull(line.c_str() + std::min(line.size(), line.find(':') + 1), nullptr, 10);
    if (line.starts_with("Private_Dirty:")) use.private_kib = kib;
    if (line.starts_with("Rss:")) use.resident_kib = kib;
  }
  return use;
}

}  // namespace candor::test
