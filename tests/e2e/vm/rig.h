// SPDX-License-Identifier: Apache-2.0
//
// Real machines for tests and benchmarks: boots the guest named by CANDOR_TEST_KERNEL, CANDOR_TEST_INITRD and
// CANDOR_TEST_DISK, freezes and forks it. A missing variable is an Error, never a skipped test.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/process.h"
#include "guest/agent.h"
#include "support/loop.h"
#include "vm/machine.h"
#include "vm/template.h"

namespace candor::test {

/// A started machine; its end kills QEMU.
struct Live {
  std::unique_ptr<Process> process;
  std::unique_ptr<vm::Machine> machine;
  std::unique_ptr<guest::Agent> agent;
};

/// The guest under test, with its raw disk as `disk`; to be completed by TemplateMaker::machine().
[[nodiscard]] vm::MachineConfig guest_config();
/// Starts QEMU and shakes hands; the guest does not run yet.
[[nodiscard]] asio::awaitable<std::unique_ptr<Live>> start(asio::any_io_executor executor,
                                                           vm::MachineConfig config);
/// Boots the guest until its agent answers.
[[nodiscard]] asio::awaitable<std::unique_ptr<Live>> boot(asio::any_io_executor executor,
                                                          vm::MachineConfig config);
/// Waits until the guest has started what it starts, as a product that is ready would have.
[[nodiscard]] asio::awaitable<void> settle(guest::Agent& agent);
/// Forks a template into `folder` until the agent answers.
[[nodiscard]] asio::awaitable<std::unique_ptr<Live>> fork(asio::any_io_executor executor,
                                                          const vm::Template& frozen,
                                                          std::filesystem::path folder);
/// Ends QEMU in order and reaps it.
[[nodiscard]] asio::awaitable<void> finish(Live& live);
/// Boots and freezes the guest as ROOT/KEY.
[[nodiscard]] asio::awaitable<vm::Template> make_template(asio::any_io_executor executor,
                                                          std::filesystem::path root, std::string key);

struct MemoryUse {
  std::uint64_t private_kib = 0;  ///< Dirty pages; clean ones are the page cache's, whoever maps them.
  std::uint64_t resident_kib = 0;
};
[[nodiscard]] MemoryUse memory_of(int pid);

}  // namespace candor::test
