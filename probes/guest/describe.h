// SPDX-License-Identifier: Apache-2.0
//
// Records in words: one line of JSON for each, as probes/PROTOCOL.md says of probes inside a guest.
#pragma once

#include <string>
#include <string_view>

#include "guest/record.h"

namespace candor::guest_probe {

/// The line of an event, or "" for a record that is none of these kinds or is cut. `bytes` is the whole
/// record.
[[nodiscard]] std::string describe(const record& head, std::string_view bytes);

/// The type a record is reported as: "file.open/1".
[[nodiscard]] const char* type_of(const record& head);

}  // namespace candor::guest_probe
