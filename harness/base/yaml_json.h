// SPDX-License-Identifier: Apache-2.0
//
// YAML as JSON, for parts of files whose form is somebody else's business.
#pragma once

#include "base/json.h"
#include "base/yaml.h"

namespace candor::yaml {

/// A scalar or nothing by YAML's core schema: unquoted numbers, true, false and null are such, all else is
/// text.
[[nodiscard]] Json scalar_json(const Node& node);
/// Any node.
[[nodiscard]] Json to_json(const Node& node);

}  // namespace candor::yaml
