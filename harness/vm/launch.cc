// SPDX-License-Identifier: Apache-2.0
#include "vm/launch.h"

#include <utility>

namespace candor::vm {

namespace {

/// A socket pair whose far end becomes the child's descriptor `number`; returns the near end.
UniqueFd connect_child(Prepared& prepared, int number) {
  auto [here, there] = socket_pair();
  prepared.process.fds.emplace_back(there.get(), number);
  prepared.child_ends.push_back(std::move(there));
  return std::move(here);
}

}  // namespace

Prepared prepare(const MachineConfig& config, UniqueFd nic) {
  Prepared prepared;
  prepared.process.name = "qemu";
  prepared.process.argv = qemu_arguments(config);
  prepared.process.log = config.log;
  // QEMU copies the kernel into memory of its own; huge pages spare it thousands of page faults at each
  // start.
  prepared.process.env = {{"GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"}};
  prepared.log = config.log;
  prepared.qmp = connect_child(prepared, kQmpFd);
  prepared.agent = connect_child(prepared, kAgentFd);
  for (int number = 0; number < config.probe_ports; ++number)
    prepared.probe_ports.push_back(connect_child(prepared, kFirstProbeFd + number));
  if (config.cable == Cable::tap) return prepared;
  if (!nic) {
    prepared.nic_peer = connect_child(prepared, kNicFd);
  } else {
    prepared.process.fds.emplace_back(nic.get(), kNicFd);
    prepared.child_ends.push_back(std::move(nic));
  }
  return prepared;
}

}  // namespace candor::vm
