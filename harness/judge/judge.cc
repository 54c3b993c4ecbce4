// SPDX-License-Identifier: Apache-2.0
#include "judge/judge.h"

#include <algorithm>

#include "judge/findings.h"
#include "judge/ledger.h"
#include "judge/passthrough.h"
#include "judge/reasons.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

model::Outcome outcome_of(const model::Verdict& verdict) {
  const bool leaked = std::any_of(
      verdict.findings.begin(), verdict.findings.end(),
      [](const model::Finding& finding) { return !finding.declared && finding.reach == model::Reach::left; });
  if (leaked) return model::Outcome::leak;
  return verdict.reasons.empty() ? model::Outcome::no_leak_observed : model::Outcome::inconclusive;
}

/// What a probe merely saw, or the vendor declares, meets nothing.
bool are_among(const std::vector<std::string>& classes, const std::vector<model::Finding>& findings) {
  return std::all_of(classes.begin(), classes.end(), [&](const std::string& data_class) {
    return std::any_of(findings.begin(), findings.end(), [&](const model::Finding& finding) {
      return finding.data_class == data_class && !finding.declared && finding.reach != model::Reach::seen;
    });
  });
}

/// "leak", "leak with content/whole-file".
std::string expectation_text(model::Outcome wanted, const std::vector<std::string>& classes) {
  std::string text = model::text(wanted);
  for (const std::string& data_class : classes)
    text += (&data_class == &classes.front() ? " with " : ", ") + data_class;
  return text;
}

}  // namespace

model::Verdict judge(const model::Evidence& evidence) {
  const model::Expectation expected = model::expectation_for(evidence.scenario, evidence.run.product);
  const model::Outcome wanted = expected.verdict.value_or(model::Outcome::no_leak_observed);
  const Ledger ledger = account(evidence);
  Observed observed = observe(evidence);

  model::Verdict verdict;
  verdict.opaque_budget = expected.opaque_bytes.value_or(model::kDefaultOpaqueBudget);
  verdict.reasons = reasons(evidence, ledger, observed, verdict.opaque_budget);
  verdict.findings = std::move(observed.findings);
  verdict.outcome = outcome_of(verdict);
  verdict.expectation = expectation_text(wanted, expected.findings);
  verdict.expectation_met = verdict.outcome == wanted && are_among(expected.findings, verdict.findings);
  verdict.ledger = ledger.totals;
  verdict.destinations = ledger.destinations;
  verdict.passthrough = passed_through(evidence);
  verdict.control.sent = static_cast<int>(evidence.controls.size());
  verdict.control.found =
      static_cast<int>(std::count(observed.controls_found.begin(), observed.controls_found.end(), true));
  for (const model::ProbeAccount& probe : evidence.probes)
    if (!probe.own) verdict.probes.push_back(probe);
  verdict.steps = evidence.steps;
  verdict.run = evidence.run;
  verdict.timing = evidence.timing;
  return verdict;
}

std::string bound_sentence(const model::Verdict& verdict) {
  const model::LedgerTotals& ledger = verdict.ledger;
  return "Of " + counted(ledger.sent, "byte") + " the guest sent, " + number(ledger.understood) +
         " were understood and searched; " + number(ledger.opaque) + " stayed unexplained (" +
         number(verdict.opaque_budget) + " are allowed).";
}

int exit_code(const model::Verdict& verdict) {
  if (verdict.expectation_met) return 0;
  return verdict.outcome == model::Outcome::inconclusive ? 3 : 1;
}

}  // namespace candor::judge
