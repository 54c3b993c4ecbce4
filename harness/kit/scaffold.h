// SPDX-License-Identifier: Apache-2.0
//
// A new probe from a template: every file of templates/LANGUAGE with @NAME@ filled in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace candor::kit {

/// The folders of `templates`, sorted: "c++", "python".
[[nodiscard]] std::vector<std::string> languages(const std::filesystem::path& templates);

/// Makes `into`/NAME and returns its files. Throws Error (Fault::input) for a name no probe can have, an
/// unknown language, or if the folder is there already; then nothing is left behind.
std::vector<std::filesystem::path> make_probe(const std::filesystem::path& templates,
                                              const std::string& language, const std::string& name,
                                              const std::filesystem::path& into);

}  // namespace candor::kit
