// SPDX-License-Identifier: Apache-2.0
//
// Carries out seal/network_plan.h in this network namespace.
#pragma once

#include "base/fd.h"

namespace candor::seal::init {

/// Loopback, firewall, tap and addresses; returns the tap's descriptor. Throws Error unless it is all there
/// and provably without a way out.
[[nodiscard]] UniqueFd make_network();
/// Loopback alone.
void make_loopback();

}  // namespace candor::seal::init
