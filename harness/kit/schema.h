// SPDX-License-Identifier: Apache-2.0
//
// The part of JSON Schema (draft-07, draft-handrews-json-schema-01 and -validation-01) in which probes say
// what their events hold: type, properties, required, additionalProperties (true or false), items, enum,
// const, minimum, maximum, minLength, maxLength, pattern, minItems, maxItems; title and description are taken
// and mean nothing. No other keyword is, so that none is silently without effect.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace candor::kit {

/// Throws Error (Fault::input) that names the place, as a JSON pointer, and what is wrong there.
void check_schema(const Json& schema);

/// Sentences, each with a JSON pointer, for what in `value` is not as `schema`, which was checked, says; at
/// most `most`.
[[nodiscard]] std::vector<std::string> mismatches(const Json& schema, const Json& value,
                                                  std::size_t most = 10);

}  // namespace candor::kit
