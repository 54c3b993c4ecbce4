// SPDX-License-Identifier: Apache-2.0
//
// What probes that are no part of Candor have to do with a verdict: their accounts, whether their events are
// as their probe.yaml says, and what stands in the bytes they handed over.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/event.h"
#include "model/evidence.h"
#include "recognise/recogniser.h"
#include "run/evidence.h"
#include "run/folder.h"

namespace candor::run {

class FurtherProbes {
 public:
  /// Reads the probe.yaml of each that the run folder keeps.
  FurtherProbes(const FolderPaths& paths, const std::vector<FurtherProbe>& probes);

  /// Counts an event, if it is one of theirs. A type nobody announced is counted like any other.
  void take(const model::Event& item);
  /// Adds their accounts, when all events were taken.
  void finish(model::Evidence& evidence) const;

 private:
  struct Seen {
    bool required = true;
    std::string problem;
    std::map<std::string, model::EventKind> kinds;
    std::map<std::string, std::int64_t> types;
  };
  static void note_blindness(const Json& data, Seen& seen);

  const FolderPaths& paths_;
  std::map<std::string, Seen> probes_;
};

/// Reads what all probes handed over, and recognises in it. What is missing or not what was stored is a loss.
void search_blobs(const FolderPaths& paths, const recognise::Recogniser& recogniser,
                  model::Evidence& evidence);

}  // namespace candor::run
