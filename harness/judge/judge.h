// SPDX-License-Identifier: Apache-2.0
//
// From evidence to verdict. A pure function: no files, clocks or chance, so that equal evidence gives equal
// bytes, in whatever order its streams and findings come. Anything unseen, lost, cut or not executed becomes
// a reason.
#pragma once

#include <string>

#include "model/verdict_record.h"

namespace candor::judge {

/// `leak` if anything undeclared left, whatever else was lost; `inconclusive` if there is any reason to doubt
/// that all was seen; otherwise `no leak observed`. A leak carries the same reasons, as limits of its
/// completeness.
[[nodiscard]] model::Verdict judge(const model::Evidence& evidence);

/// What `no leak observed` is worth, in one sentence: how many bytes were sent and how many stayed
/// unexplained.
[[nodiscard]] std::string bound_sentence(const model::Verdict& verdict);

/// 0: the expectation is met · 1: a leak, or another verdict than expected · 3: inconclusive where it should
/// not be.
[[nodiscard]] int exit_code(const model::Verdict& verdict);

}  // namespace candor::judge
