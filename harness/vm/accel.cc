// SPDX-License-Identifier: Apache-2.0
#include "vm/accel.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"

namespace candor::vm {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kTryTime{5000};
constexpr milliseconds kLookEvery{20};
/// Enough of a machine for a kernel to speak, and nothing more: no disk, no network, no monitor.
constexpr const char* kFirstWords = "Linux version";

std::string boot_id() {
  std::string id = read_text("/proc/sys/kernel/random/boot_id", 4096);
  std::erase(id, '\n');
  return id;
}

std::optional<AcceleratorChoice> remembered(const fs::path& file) {
  try {
    const Json json = parse_json(read_text(file, 1U << 16));
    if (string_member(json, "boot_id") != boot_id()) return std::nullopt;
    const Accelerator accelerator = bool_member(json, "kvm") ? Accelerator::kvm : Accelerator::tcg;
    return AcceleratorChoice{accelerator, string_member(json, "reason"), true};
  } catch (const std::exception&) {
    return std::nullopt;  // never asked, or damaged: ask again
  }
}

void remember(const fs::path& file, const AcceleratorChoice& choice) {
  fs::create_directories(file.parent_path());
  const Json json = {
      {"boot_id", boot_id()}, {"kvm", choice.accelerator == Accelerator::kvm}, {"reason", choice.reason}};
  write_file(file, pretty_json(json));
}

ProcessSpec trial(Accelerator accelerator, const fs::path& kernel, const fs::path& serial,
                  const fs::path& log) {
  MachineConfig defaults;
  return {.name = "qemu",
          .argv = {defaults.emulator,
                   "-nodefaults",
                   "-no-user-config",
                   "-display",
                   "none",
                   "-sandbox",
                   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                   "-machine",
                   "q35",
                   "-accel",
                   text(accelerator),
                   "-cpu",
                   accelerator == Accelerator::kvm ? "host" : "max",
                   "-m",
                   "256M",
                   "-no-reboot",
                   "-kernel",
                   kernel.string(),
                   "-append",
                   "earlyprintk=ttyS0 console=ttyS0 panic=-1",
                   "-chardev",
                   "file,id=console,path=" + serial.string(),
                   "-serial",
                   "chardev:console"},
          .log = log};
}

bool has_spoken(const fs::path& serial) {
  std::error_code missing;
  if (fs::file_size(serial, missing) == 0 || missing) return false;
  return read_text(serial).find(kFirstWords) != std::string::npos;
}

asio::awaitable<AcceleratorChoice> try_kvm(asio::any_io_executor executor, fs::path kernel) {
  const std::string why = co_await why_no_boot(executor, Accelerator::kvm, std::move(kernel), kTryTime);
  if (why.empty()) co_return AcceleratorChoice{Accelerator::kvm, "a kernel started under KVM", false};
  co_return AcceleratorChoice{Accelerator::tcg, "KVM does not work here (" + why + "); using plain emulation",
                              false};
}

}  // namespace

asio::awaitable<std::string> why_no_boot(asio::any_io_executor executor, Accelerator accelerator,
                                         fs::path kernel, milliseconds timeout) {
  const TempDir folder(fs::temp_directory_path(), "candor-accel.");
  const fs::path serial = folder.path() / "serial.log";
  Process process(executor, trial(accelerator, kernel, serial, folder.path() / "qemu.log"));
  asio::steady_timer timer(executor);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (has_spoken(serial)) co_return std::string();
    if (process.poll()) co_return process.account();
    timer.expires_after(kLookEvery);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return "the kernel said nothing for " + std::to_string(timeout.count()) + " ms";
}

asio::awaitable<AcceleratorChoice> choose_accelerator(asio::any_io_executor executor, std::string wanted,
                                                      fs::path kernel, fs::path cache, fs::path device) {
  if (wanted == "tcg") co_return AcceleratorChoice{Accelerator::tcg, "asked for", false};
  if (wanted == "kvm") co_return AcceleratorChoice{Accelerator::kvm, "asked for", false};
  if (wanted != "auto")
    throw Error("accelerator '" + printable(wanted) + "' is not known; expected auto, tcg or kvm",
                Fault::input);
  const UniqueFd opened(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (!opened) {  // quickly seen and soon mended, so not worth remembering
    const std::string why = errno_error("opening " + device.string()).what();
    co_return AcceleratorChoice{Accelerator::tcg, "KVM is not available (" + why + "); using plain emulation",
                                false};
  }
  const fs::path file = cache / "accelerator.json";
  if (const auto known = remembered(file)) co_return *known;
  const AcceleratorChoice choice = co_await try_kvm(executor, std::move(kernel));
  remember(file, choice);
  co_return choice;
}

}  // namespace candor::vm
