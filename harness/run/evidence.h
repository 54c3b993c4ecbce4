// SPDX-License-Identifier: Apache-2.0
//
// Reads a run folder back into the judge's input. Everything here is repeatable: the run itself and
// `candor rejudge` use the same function, so that both come to the same verdict, byte for byte.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "model/evidence.h"
#include "model/verdict_record.h"
#include "run/folder.h"

namespace candor::run {

/// A probe that is not Candor's own, and what it did amiss as a process.
struct FurtherProbe {
  model::ProbeUse use;
  std::string problem = {};
};

/// The part of a run's evidence that no probe reports: run.json.
struct RunRecord {
  model::RunInfo info;
  std::vector<std::string> required_probes;
  std::vector<FurtherProbe> probes;
  std::vector<std::string> declared;  ///< Product::declared.
  std::vector<std::string> losses;    ///< Sentences.
  model::Timing timing;
  Json provenance;  ///< Hashes and versions of image, template, product, scenario, tool.
};

void write_record(const FolderPaths& paths, const RunRecord& record);
[[nodiscard]] RunRecord read_record(const FolderPaths& paths);

/// Reads, recognises and accounts. What is missing or damaged but leaves the rest readable becomes a loss; an
/// Error is thrown only if there is nothing to judge (no record, scenario, manifest or events).
[[nodiscard]] model::Evidence load_evidence(const FolderPaths& paths);

/// Writes verdict.json and report.txt.
void write_verdict(const FolderPaths& paths, const model::Verdict& verdict);

}  // namespace candor::run
