// SPDX-License-Identifier: Apache-2.0
//
// The keys of a scenario file outside its steps.
#pragma once

#include "scenario/draft.h"
#include "scenario/kind.h"

namespace candor::scenario {

/// A whole scenario file.
[[nodiscard]] const Kind<Draft>& scenario_file();

}  // namespace candor::scenario
