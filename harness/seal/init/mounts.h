// SPDX-License-Identifier: Apache-2.0
//
// The compartment's view of files: a new root that holds the system's programs and libraries, a few devices,
// a /proc of its own, and the paths the spec names, all but `writable` read-only. Everything else of the
// host, its sockets and homes among it, does not exist there.
#pragma once

#include "seal/message.h"

namespace candor::seal::init {

/// Must run as PID 1 of the new pid namespace. Throws Error naming the path.
void enter_new_root(const SetUp& set_up);
/// Makes the kernel's settings read-only, once they are set.
void freeze_settings();

}  // namespace candor::seal::init
