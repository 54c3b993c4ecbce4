// SPDX-License-Identifier: Apache-2.0
//
// Entering new namespaces as root or as an ordinary user, and the bond of life and death between the process
// outside the new pid namespace and PID 1 inside.
#pragma once

#include "base/fd.h"

namespace candor::seal::init {

/// Unshares user, network, mount, pid, ipc and uts namespaces; the caller's user becomes 0 inside. Throws
/// Error with what mends it.
void enter_namespaces();

/// Asks the kernel for SIGKILL when the parent dies.
void die_with_parent();

/// PID 1 of the new pid namespace, seen from outside.
struct Init {
  int pid = 0;
  UniqueFd pidfd;
  UniqueFd alive;  ///< In PID 1: reads end of file once the outer process is gone. Outside: the end to hold.
};

/// Forks. In PID 1 (`pid` is 0) `alive` is the end to watch.
[[nodiscard]] Init fork_init();

/// Waits for PID 1, after which nothing of the namespace is left, and returns the code to exit with.
[[nodiscard]] int wait_for(const Init& init);

}  // namespace candor::seal::init
