// SPDX-License-Identifier: Apache-2.0
//
// A scenario as it is kept in the run folder, so that a run can be judged again without its YAML file.
#pragma once

#include "base/json.h"
#include "model/scenario.h"

namespace candor::scenario {

[[nodiscard]] Json to_json(const model::Scenario& scenario);
/// The inverse; throws Error naming what is missing or mistyped.
[[nodiscard]] model::Scenario scenario_from_json(const Json& json);

}  // namespace candor::scenario
