// SPDX-License-Identifier: Apache-2.0
//
// JSON from people and guests, bounded; JSON to files, byte-identical for equal values.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace candor {

using Json = nlohmann::json;  // objects keep their keys sorted, so equal values dump to equal bytes

struct JsonLimits {
  std::size_t bytes = 1U << 20;
  int depth = 32;
};

/// Parses; an Error (Fault::harness) naming what is wrong for malformed text, duplicate keys, or a limit
/// passed.
[[nodiscard]] Json parse_json(std::string_view text, JsonLimits limits = {});
/// One line of UTF-8; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string dump_json(const Json& value);
/// The same, indented by two, with a final newline: for files people open.
[[nodiscard]] std::string pretty_json(const Json& value);

/// Member access for objects nobody trusts: an Error naming the missing or mistyped member.
[[nodiscard]] const Json& member(const Json& object, const char* key);
[[nodiscard]] std::string string_member(const Json& object, const char* key);
[[nodiscard]] std::int64_t int_member(const Json& object, const char* key);
[[nodiscard]] bool bool_member(const Json& object, const char* key);

}  // namespace candor
