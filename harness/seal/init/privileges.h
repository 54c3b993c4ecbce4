// SPDX-License-Identifier: Apache-2.0
//
// The last step before a child's program runs: "candor-compartment exec [--keep CAPABILITY]... -- PROGRAM
// ARGS".
#pragma once

#include <string>
#include <vector>

#include "seal/compartment.h"

namespace candor::seal::init {

/// The command line that runs `argv` with these capabilities alone, `self` being this program.
[[nodiscard]] std::vector<std::string> restricted_command(const std::string& self, const Child& child);
/// Carries out such a command line's words after "exec". Returns an exit code only if that failed.
[[nodiscard]] int run_restricted(const std::vector<std::string>& words);
/// Gives up every capability but `keep`, for good, and the right to gain any.
void keep_only(const std::vector<Capability>& keep);

}  // namespace candor::seal::init
