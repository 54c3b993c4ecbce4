// SPDX-License-Identifier: Apache-2.0
//
// Reads a product's cloud files. All mistakes of all files come in one Error(Fault::input), each with its
// place, its line, a caret and what was expected there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.h"
#include "cloud/rules.h"

namespace candor::cloud {

/// The *.yaml files of `folder`, in the order of their names; what they declare they share. A folder that is
/// not there is an Error.
[[nodiscard]] Rules read_cloud(const std::filesystem::path& folder);
/// One file's text; `file` is the name it goes by, and `folder` holds the files it names.
[[nodiscard]] Rules read_cloud_text(std::string_view text, const std::string& file,
                                    const std::filesystem::path& folder);

/// JSON Schema, draft 07, of one file, for editors.
[[nodiscard]] Json schema();

}  // namespace candor::cloud
