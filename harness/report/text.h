// SPDX-License-Identifier: Apache-2.0
//
// A verdict as the page an evaluator reads after a run: the answer first, then what left, how it was proved,
// and what the answer does not cover. Says nothing the verdict does not hold; everything from guests is made
// printable.
#pragma once

#include <string>

#include "model/verdict_record.h"

namespace candor::report {

/// `color` adds terminal escapes to the verdict, severities and headings and changes nothing else.
[[nodiscard]] std::string render_text(const model::Verdict& verdict, bool color);

}  // namespace candor::report
