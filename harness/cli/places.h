// SPDX-License-Identifier: Apache-2.0
//
// Turns what a user typed into files, scenarios by path or name; and what a scenario names into words.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/named_host.h"

namespace candor::cli {

/// `word` itself if it is a file, else share/scenarios/WORD.yaml; an Error(Fault::input) names both places.
[[nodiscard]] std::filesystem::path scenario_file(const std::string& word);

/// Where probes are looked for: `further`, then $CANDOR_PROBES, then share/probes.
[[nodiscard]] std::vector<std::filesystem::path> probe_places(const std::vector<std::string>& further);

/// "cloud.example:443, other.example (every port)".
[[nodiscard]] std::string hosts_text(const std::vector<NamedHost>& hosts);

}  // namespace candor::cli
