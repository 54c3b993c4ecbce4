// SPDX-License-Identifier: Apache-2.0
//
// The table of steps. A new step is one entry in verbs.cc, one in model::Verb, and its meaning in run/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario/draft.h"
#include "scenario/kind.h"

namespace candor::scenario {

struct VerbSpec {
  model::Verb verb;
  std::string about;
  std::string example;                         ///< What may follow the verb, for messages.
  bool empty = false;                          ///< May stand alone: "reboot:".
  std::optional<Field<DraftStep>> value = {};  ///< What may follow directly: "scan: /home".
  std::vector<Field<DraftStep>> fields = {};   ///< What may follow as a map.
  std::vector<std::string> one_of = {};        ///< Fields of which there must be exactly one.
  std::int64_t default_duration_ns = 0;
};

[[nodiscard]] const std::vector<VerbSpec>& verbs();

/// A list item of `steps:`.
[[nodiscard]] Kind<DraftStep> step();

/// "copy: memo, budget to /media": the step as a line for people.
[[nodiscard]] std::string step_text(const model::Step& step);

}  // namespace candor::scenario
