// SPDX-License-Identifier: Apache-2.0
//
// Form data as in queries and bodies (application/x-www-form-urlencoded of the URL standard): name=value&…
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace candor::cloud {

/// The first value of that name, with percent signs and pluses undone; nothing if there is none.
[[nodiscard]] std::optional<std::string> form_value(std::string_view form, std::string_view name);

}  // namespace candor::cloud
