// SPDX-License-Identifier: Apache-2.0
//
// A whole verdict with the run it speaks of, and its JSON form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::model {

struct Verdict {
  Outcome outcome = Outcome::inconclusive;
  bool expectation_met = false;
  std::string expectation;           ///< In words: "no leak observed", "any".
  std::vector<std::string> reasons;  ///< Sentences; for `inconclusive` never empty.
  std::vector<Finding> findings;     ///< Most severe first, then in order of time.
  LedgerTotals ledger;
  std::vector<Destination> destinations;  ///< Most opaque bytes first.
  PassedThrough passthrough;
  std::uint64_t opaque_budget = 0;
  ControlTotals control;
  std::vector<ProbeAccount> probes;  ///< Of those that are not Candor's own.
  std::vector<StepOutcome> steps;
  RunInfo run;
  Timing timing;
};

/// The form documented in ARCHITECTURE.md; keys sorted, so equal verdicts give equal bytes.
[[nodiscard]] Json to_json(const Verdict& verdict);

}  // namespace candor::model
