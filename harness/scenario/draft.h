// SPDX-License-Identifier: Apache-2.0
//
// A scenario while it is read: the model and, beside it, where things stand in the file, for the checks that
// need to know more than one place.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/scenario.h"
#include "scenario/kind.h"

namespace candor::scenario {

struct DraftStep {
  model::Step step;
  yaml::Mark mark;                ///< Of its verb.
  std::vector<Placed> documents;  ///< As written.
  bool verb_known = false;
  bool sound = false;  ///< Whether it was read without a mistake.
};

struct DraftDocument {
  model::DocumentSpec spec;
  yaml::Mark mark;       ///< Of its name in `documents:`.
  yaml::Mark name_mark;  ///< Of `name:`.
};

struct Expect {
  model::Expectation common;
  std::map<std::string, model::Expectation> product;
};

struct Settle {
  std::int64_t quiet_ns = model::Scenario{}.settle_quiet_ns;
  std::int64_t limit_ns = model::Scenario{}.settle_limit_ns;
  yaml::Mark mark;
};

struct Draft {
  std::string about;
  std::map<std::string, DraftDocument> documents;
  std::vector<DraftStep> steps;
  Json configure = Json::object();
  std::vector<model::ProbeUse> probes;
  std::vector<NamedHost> passthrough;
  Expect expect;
  Settle settle;
};

/// Reports what no single value shows: unknown documents, use before planting, a cable pulled twice …
void check_story(const Draft& draft, yaml::Diagnostics& diagnostics);

}  // namespace candor::scenario
