// SPDX-License-Identifier: Apache-2.0
//
// Zip packages in memory, by libzip, with fixed times: the same parts give the same bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace candor::document {

/// Deflated parts, in this order.
[[nodiscard]] Bytes zip_package(const std::vector<std::pair<std::string, std::string>>& parts);

}  // namespace candor::document
