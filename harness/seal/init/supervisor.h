// SPDX-License-Identifier: Apache-2.0
//
// The compartment's PID 1 after set-up: starts children, reports their ends, reaps orphans. It returns when
// the harness's end of the control socket or the outer process is gone; its exit then ends everything.
#pragma once

#include <string>

#include "base/fd.h"

namespace candor::seal::init {

/// `self` is this program's path in the new root; `tap` is empty without a network. Throws Error.
void supervise(UniqueFd control, UniqueFd alive, UniqueFd tap, const std::string& self);

}  // namespace candor::seal::init
