// SPDX-License-Identifier: Apache-2.0
//
// probe.yaml: what a probe that is no part of Candor is, and how it is started. probes/AUTHORS.md describes
// it. Every mistake of a file is reported at once, with its place, in one Error (Fault::input).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/probe.h"

namespace candor::kit {

inline constexpr const char* kProbeFile = "probe.yaml";

/// Of the folder `folder`, which gives the probe its name.
[[nodiscard]] model::ProbeKind read_probe(const std::filesystem::path& folder);
/// The same from its text alone, as a run folder keeps it.
[[nodiscard]] model::ProbeKind probe_from(const std::string& text, const std::string& file,
                                          const std::filesystem::path& folder);

/// The probe of that name in the first of `places` that has a folder for it; an Error names the places and
/// the nearest known name.
[[nodiscard]] model::ProbeKind find_probe(const std::vector<std::filesystem::path>& places,
                                          const std::string& name);

/// The folders in `places` that hold a probe.yaml, each name once, sorted.
[[nodiscard]] std::vector<std::filesystem::path> probe_folders(
    const std::vector<std::filesystem::path>& places);

/// Whether a probe may have this name: PROTOCOL.md's rule, and none of Candor's own.
[[nodiscard]] bool is_probe_name(const std::string& name);

/// Its JSON Schema (draft-07), for editors.
[[nodiscard]] Json probe_file_schema();

}  // namespace candor::kit
