// SPDX-License-Identifier: Apache-2.0
//
// Turns what a user typed into files: scenarios by path or name.
#pragma once

#include <filesystem>
#include <string>

namespace candor::cli {

/// `word` itself if it is a file, else share/scenarios/WORD.yaml; an Error(Fault::input) names both places.
[[nodiscard]] std::filesystem::path scenario_file(const std::string& word);

}  // namespace candor::cli
