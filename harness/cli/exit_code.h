// SPDX-License-Identifier: Apache-2.0
//
// What the command returns, in one place; `candor --help` prints the same list.
#pragma once

namespace candor::cli {

enum class ExitCode : int {
  met = 0,            ///< Every expectation was met.
  leak = 1,           ///< A leak, or another expectation that failed.
  harness = 2,        ///< The harness or its host could not do its work.
  inconclusive = 3,   ///< No verdict could be given.
  input = 4,          ///< Wrong usage, scenario, product or file.
  interrupted = 130,  ///< Ctrl-C.
};

}  // namespace candor::cli
