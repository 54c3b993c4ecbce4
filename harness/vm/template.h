// SPDX-License-Identifier: Apache-2.0
//
// Templates: a machine frozen when its product was ready, and the forks started from it. A template is a
// folder ROOT/KEY that appears at once and never changes:
//   ram             the guest's memory, mapped copy-on-write by every fork
//   state           everything else QEMU knows (x-ignore-shared leaves the memory out)
//   disk.qcow2      what the machine wrote, over the image's raw disk
//   overlay.qcow2   an empty overlay on disk.qcow2; a fork starts with a copy of it
//   serial.log      the console up to the freeze
//   template.json   the facts a fork needs, and what it depends upon
// Making one holds ROOT/.KEY.lock and works in ROOT/.making-KEY.XXXXXX, which the next maker sweeps away.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/file.h"
#include "vm/arguments.h"
#include "vm/machine.h"

namespace candor::vm {

struct Template {
  std::filesystem::path folder;
  MachineConfig machine;  ///< As it was frozen; `ram` and `disk` lie in `folder`.
  std::string qemu_version;
};

/// ROOT/KEY, if it is there, whole, at the place it was made for, and of this very emulator binary. `key`:
/// letters, digits, '.', '_' and '-'.
[[nodiscard]] std::optional<Template> find_template(const std::filesystem::path& root,
                                                    const std::string& key);
/// Removes ROOT/KEY; forks that run go on. An Error if somebody is making it.
void remove_template(const std::filesystem::path& root, const std::string& key);
/// Removes what killed makers left behind in ROOT; returns how many folders that were.
int sweep_templates(const std::filesystem::path& root);

class TemplateMaker {
 public:
  /// Nothing if somebody else is making this template: FileLock::holder(lock_path(root, key)) says who.
  [[nodiscard]] static std::optional<TemplateMaker> begin(const std::filesystem::path& root,
                                                          const std::string& key);
  [[nodiscard]] static std::filesystem::path lock_path(const std::filesystem::path& root,
                                                       const std::string& key);

  /// `base` as it must be started to become this template: memory, overlay on the image's raw `disk`, logs.
  [[nodiscard]] MachineConfig machine(const MachineConfig& base);
  /// Stops the machine, writes its state, and ends QEMU.
  [[nodiscard]] asio::awaitable<void> freeze(Machine& machine);
  /// Makes the template appear, replacing one that find_template refused; after the process has been reaped.
  [[nodiscard]] Template publish();

  /// Where it works: serial.log and qemu.log of a machine that did not come up lie here.
  [[nodiscard]] const std::filesystem::path& folder() const { return work_.path(); }

 private:
  TemplateMaker(std::filesystem::path root, std::string key, FileLock lock);

  std::filesystem::path root_;
  std::string key_;
  FileLock lock_;
  TempDir work_;
  MachineConfig machine_;
  std::filesystem::path image_disk_;
  std::string qemu_version_;
};

/// The configuration of a fork whose overlay and logs lie in `folder`, which the caller made and removes.
[[nodiscard]] MachineConfig fork_config(const Template& frozen, const std::filesystem::path& folder);
/// Loads the template's state into a machine started from fork_config() and lets it run.
[[nodiscard]] asio::awaitable<void> resume(Machine& machine, const Template& frozen);

}  // namespace candor::vm
