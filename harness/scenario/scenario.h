// SPDX-License-Identifier: Apache-2.0
//
// Scenario files: YAML in, checked model::Scenario out. A wrong file gives one Error(Fault::input) with every
// mistake in it, each with its place, its line, a caret and what was expected there. What a scenario may say
// stands once, in the tables of grammar.cc and verbs.cc; the reader and the JSON Schema both come from them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/product.h"
#include "model/scenario.h"

namespace candor::scenario {

/// The scenario in `file`; its name is the file's name without ".yaml". Throws Error(Fault::input), also if
/// there is no such file.
[[nodiscard]] model::Scenario read_scenario(const std::filesystem::path& file);
/// The same of a text; `file` is the name it goes by. Files are not touched.
[[nodiscard]] model::Scenario read_scenario_text(std::string_view text, const std::string& file);

/// JSON Schema, draft 07, for editors and other checkers: what it refuses the reader refuses too. Only the
/// reader sees what spans several places, such as the order of steps.
[[nodiscard]] Json schema();

/// A sentence for each step that needs something of the product's adapter which it does not have.
[[nodiscard]] std::vector<std::string> validate_against_product(const model::Scenario& scenario,
                                                                const model::Product& product);

/// What DocumentSpec::format, marking and charset may be, in the order to show them.
[[nodiscard]] const std::vector<std::string>& formats();
[[nodiscard]] const std::vector<std::string>& markings();
[[nodiscard]] const std::vector<std::string>& charsets();

}  // namespace candor::scenario
