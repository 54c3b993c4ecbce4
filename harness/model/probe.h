// SPDX-License-Identifier: Apache-2.0
//
// A probe that is no part of Candor itself, as its probe.yaml describes it, and its use in a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace candor::model {

/// A probe a scenario or a product asks for.
struct ProbeUse {
  std::string name;
  bool required = true;  ///< Whether a run without it, or with losses of it, can say that nothing leaked.
  std::int64_t deadline_ns = 10'000'000'000;  ///< To join, and to finish.
  int line = 0;                               ///< In the file that asks for it.
};

/// What one type of its events says.
struct EventKind {
  std::string about;
  Json schema;  ///< JSON Schema (draft-07) of `data`, of the keywords kit/schema.h knows.
};

/// Where and when a probe works.
enum class ProbePlace {
  beside,    ///< On the host, beside the guest.
  in_guest,  ///< Inside the guest, from before the template is frozen.
  after_run  ///< On the host, when the guest is no more.
};

struct ProbeKind {
  std::string name;  ///< Of its folder.
  ProbePlace place = ProbePlace::beside;
  std::filesystem::path folder;
  std::string about;
  std::vector<std::string> command;         ///< Run in its folder.
  std::map<std::string, EventKind> events;  ///< By type.
  std::string source;                       ///< The text of its probe.yaml.
};

/// A probe of a run: what it is and how it is used.
struct RunProbe {
  ProbeKind kind;
  ProbeUse use;
};

}  // namespace candor::model
