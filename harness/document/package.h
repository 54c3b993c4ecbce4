// SPDX-License-Identifier: Apache-2.0
//
// Zip packages in memory, by libzip, with fixed times: the same parts give the same bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace candor::document {

/// Deflated parts, in this order, and the archive's comment. A part named "mimetype" is stored, as
/// OpenDocument asks (ODF 1.3, part 2, section 3.3).
[[nodiscard]] Bytes zip_package(const std::vector<std::pair<std::string, std::string>>& parts,
                                const std::string& comment = {});

}  // namespace candor::document
