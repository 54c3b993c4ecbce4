// SPDX-License-Identifier: Apache-2.0
//
// All that stands between evidence and `no leak observed`: each thing that was not done, not seen or not
// understood, as a sentence that says what and where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "judge/findings.h"
#include "judge/ledger.h"
#include "model/evidence.h"

namespace candor::judge {

/// Empty if nothing was missing.
[[nodiscard]] std::vector<std::string> reasons(const model::Evidence& evidence, const Ledger& ledger,
                                               const Observed& observed, std::uint64_t opaque_budget);

}  // namespace candor::judge
