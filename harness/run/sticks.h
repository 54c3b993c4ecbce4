// SPDX-License-Identifier: Apache-2.0
//
// The USB sticks of a run: FAT file systems in files of the run's folder, plugged into the guest and mounted
// there as /media/NAME, as a desktop does. A stick stays what the guest made of it when it is plugged in
// again; beside it lies a copy of what it was when it was new, for those who read it after the run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "run/guest_commands.h"
#include "vm/machine.h"

namespace candor::run {

class Sticks {
 public:
  /// `folder` must be writable for QEMU; it is made with the first stick.
  explicit Sticks(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Makes the stick if there is none of this name, plugs it in, and mounts it for that user. A guest that
  /// knows no USB sticks is an outcome.
  [[nodiscard]] asio::awaitable<CommandOutcome> plug(vm::Machine& machine, guest::Agent& agent,
                                                     std::string name, std::string user);
  /// Unmounts it, which writes what is not written yet, and pulls it out.
  [[nodiscard]] asio::awaitable<CommandOutcome> unplug(vm::Machine& machine, guest::Agent& agent,
                                                       std::string name);
  /// After the guest was restarted: mounts what is plugged in.
  [[nodiscard]] asio::awaitable<CommandOutcome> mount_again(guest::Agent& agent, std::string user);
  /// Before the guest ends without being shut down: has it write what it holds back.
  [[nodiscard]] asio::awaitable<CommandOutcome> write_back(guest::Agent& agent);

  /// [{name, mounted_at, image, before}]: all sticks there were.
  [[nodiscard]] Json described() const;

 private:
  [[nodiscard]] std::filesystem::path image(const std::string& name) const;
  [[nodiscard]] std::filesystem::path image_when_new(const std::string& name) const;

  std::filesystem::path folder_;
  std::map<std::string, bool> plugged_;  ///< All sticks there were, by name.
};

}  // namespace candor::run
