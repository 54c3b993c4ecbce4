// SPDX-License-Identifier: Apache-2.0
//
// Header fields of HTTP messages (RFC 9112, section 5) and mails (RFC 5322, section 2.2), as their readers
// need them: lines may end in LF alone, names are of any case, folded lines are one field.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace candor::recognise {

/// No header is longer; what follows is a body of unknown kind.
inline constexpr std::size_t kHeaderLimit = 16384;

/// Where the body of a message begins: after the first blank line; nothing if there is none in reach.
[[nodiscard]] std::optional<std::size_t> body_of(std::string_view message);

/// The value of a field, unfolded and without blanks around it; empty if there is none. `name` is small.
[[nodiscard]] std::string field(std::string_view header, std::string_view name);

/// A parameter of a field's value, e.g. boundary="x"; empty if there is none. `name` is small.
[[nodiscard]] std::string parameter(std::string_view value, std::string_view name);

[[nodiscard]] std::string small_letters(std::string_view text);

}  // namespace candor::recognise
