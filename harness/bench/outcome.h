// SPDX-License-Identifier: Apache-2.0
//
// What one run of a benchmark case was worth: a case is a scenario that says what its product is to leak
// (`configure`) and what is to be found (`expect`). The product's own account of what it sent, which the
// verdict was made without, tells whether there was anything to find.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/scenario.h"

namespace candor::bench {

/// What the product says it did.
struct Account {
  bool known = false;         ///< Whether there is an account at all.
  std::int64_t fired = 0;     ///< How often something was to be sent.
  std::int64_t sendings = 0;  ///< How often something was.
  std::int64_t sent = 0;      ///< Bytes, as they were encoded.
  std::string why_not;        ///< Why nothing fired, or why what fired was not sent.
};
/// Reads the account of a product as images/mole/CASES.md describes it; one that is not understood is
/// unknown.
[[nodiscard]] Account read_account(std::string_view text);

enum class Worth {
  right,         ///< As expected.
  wrong_class,   ///< A leak, but not what was expected of it.
  inconclusive,  ///< No answer where one was expected.
  missed,        ///< `no leak observed`, though something was sent.
  false_alarm,   ///< A leak where nothing was to be found.
  not_fired,     ///< There was nothing to find; neither a success nor a failure.
  failed,        ///< The harness failed.
};
[[nodiscard]] const char* text(Worth worth);

/// The sides of a case by which results are summed up, as its `configure` says them.
struct Sides {
  std::string what, encoding, channel, trigger;
};
[[nodiscard]] Sides sides_of(const Json& configure);

struct CaseRun {
  std::string name;  ///< Of the scenario.
  std::string about;
  std::uint64_t seed = 0;
  bool control = false;  ///< Whether nothing is to be found.
  bool readable = true;  ///< Whether a leak is expected to be found, rather than `inconclusive`.
  Sides sides;
  Account account;
  std::string verdict;
  std::vector<std::string> classes;  ///< Of what left, undeclared; without repetition.
  std::vector<std::string> reasons;
  std::string evidence;  ///< Of the first finding, in `folder`.
  std::string expected;
  double seconds = 0;
  std::string folder;
  std::string problem;  ///< Why the harness failed.
  Worth worth = Worth::failed;
};

/// Of a run that ended in a verdict (the object of verdict.json). `wanted`: what the case expects of the
/// product. Throws Error if `verdict` is none.
[[nodiscard]] CaseRun judged_case(const model::Scenario& scenario, const model::Expectation& wanted,
                                  const Json& verdict, const Account& account);
/// Of one that did not.
[[nodiscard]] CaseRun failed_case(const model::Scenario& scenario, std::uint64_t seed, std::string problem);

}  // namespace candor::bench
