// SPDX-License-Identifier: Apache-2.0
//
// A machine ready to be started by whoever starts processes: the sealed compartment in a run, base/process.h
// in tests. Preparing makes the sockets; it starts nothing.
#pragma once

#include <filesystem>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "vm/arguments.h"

namespace candor::vm {

struct Prepared {
  ProcessSpec process;  ///< Its `fds` name the descriptors in `child_ends`.
  std::vector<UniqueFd>
      child_ends;  ///< To be kept until the process has been started; Machine::attach closes them.
  UniqueFd qmp;    ///< For Machine.
  UniqueFd agent;  ///< For guest::Agent; keep it open as long as the machine lives.
  std::vector<UniqueFd> probe_ports;  ///< Other ends of the ports for probes inside the guest.
  UniqueFd nic_peer;  ///< Other end of the card's socket pair, if the caller gave none: a dead cable.
  std::filesystem::path log;
};

/// `nic` is QEMU's end of the socket pair to the wire probe; without it the card's cable leads nowhere. With
/// Cable::tap nothing is made for the card.
[[nodiscard]] Prepared prepare(const MachineConfig& config, UniqueFd nic = {});

}  // namespace candor::vm
