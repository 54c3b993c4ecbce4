// SPDX-License-Identifier: Apache-2.0
//
// Extra fields of zip headers.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace candor::recognise {

struct ZipExtra {
  std::uint16_t id = 0;
  ByteView data;
};

[[nodiscard]] std::vector<ZipExtra> zip_extra_fields(ByteView extra);
/// Bytes of fields that are neither sizes, times nor owners, and of anything that is no field.
[[nodiscard]] std::size_t zip_extra_unknown(ByteView extra);

}  // namespace candor::recognise
