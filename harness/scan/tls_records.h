// SPDX-License-Identifier: Apache-2.0
//
// Whether a stream turns into TLS, and where (RFC 8446, section 5.1). Stateless.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"

namespace candor::scan {

/// The offset of the first TLS record in a stream's first bytes: a hello, at its begin or, after STARTTLS and
/// the like, later; or, where a stream's begin was not captured, any two records one behind the other. Five
/// bytes that look like a record's header are too common to count.
[[nodiscard]] std::optional<std::size_t> tls_begin(ByteView stream);

}  // namespace candor::scan
