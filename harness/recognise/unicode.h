// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace candor::recognise {

void append_utf8(std::uint32_t c, std::string& text);
/// UTF-8 of big-endian UTF-16; a surrogate alone is written as it is, half a unit is left out.
[[nodiscard]] std::string from_utf16(std::string_view units);

}  // namespace candor::recognise
