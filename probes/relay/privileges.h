// SPDX-License-Identifier: Apache-2.0
//
// What the relay needs of its user is an ordinary socket: everything else is given up.
#pragma once

namespace candor::relay {

/// Gives up every capability and the right to gain any, forbids core dumps and being traced. For the calling
/// thread and those it starts; throws Error.
void drop_privileges();

}  // namespace candor::relay
