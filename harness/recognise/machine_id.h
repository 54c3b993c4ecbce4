// SPDX-License-Identifier: Apache-2.0
//
// The forms a machine id takes (machine-id(5); RFC 4122). Pure.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace candor::recognise {

/// The 16 bytes of an id of 32 hexadecimal digits; nothing of any other word.
[[nodiscard]] std::optional<Bytes> id_bytes(const std::string& value);

/// The same with dashes, as a UUID is written.
[[nodiscard]] std::string uuid_text(std::string id);

/// As Windows keeps a GUID: its first three fields in little-endian order.
[[nodiscard]] Bytes guid_bytes(Bytes id);

}  // namespace candor::recognise
