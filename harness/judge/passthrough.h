// SPDX-License-Identifier: Apache-2.0
//
// The real hosts of a run: what a verdict says of them, and what about them stands in the way of an answer.
// What the relay passed on is checked against what the simulated internet accounts for; nothing here makes an
// answer easier.
#pragma once

#include <string>
#include <vector>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::judge {

[[nodiscard]] model::PassedThrough passed_through(const model::Evidence& evidence);

/// Sentences: hosts the scenario does not name, hosts that could not be reached (a product that finds no
/// cloud sends nothing), bytes and connections nobody accounts for, requests that were refused.
[[nodiscard]] std::vector<std::string> passthrough_reasons(const model::Evidence& evidence);

}  // namespace candor::judge
