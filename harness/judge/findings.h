// SPDX-License-Identifier: Apache-2.0
//
// From what was recognised in streams and frames to findings: one for each document, class, channel and
// destination, with the best proof of it and the earliest time. What a control sender sent to its own host is
// a control found and no finding. What probes handed over counts as they say: see model::Reach.
#pragma once

#include <vector>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::judge {

struct Observed {
  std::vector<model::Finding> findings;  ///< What left first, most severe first, then in order of time.
  std::vector<bool> controls_found;      ///< For each of Evidence::controls.
};

[[nodiscard]] Observed observe(const model::Evidence& evidence);

}  // namespace candor::judge
