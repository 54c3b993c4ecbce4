// SPDX-License-Identifier: Apache-2.0
//
// The benchmark's results for people and programs.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "bench/outcome.h"

namespace candor::bench {

/// How many of the cases that fired were found.
struct Recall {
  std::size_t fired = 0;
  std::size_t found = 0;
  /// "97.1 % (33 of 34)".
  [[nodiscard]] std::string text() const;
  bool operator==(const Recall&) const = default;
};

struct Summary {
  Recall all;       ///< Of every case that is no control: right, or a leak of another class.
  Recall readable;  ///< Of those whose content can be read, of which a leak is expected.
  std::size_t controls = 0, false_alarms = 0, missed = 0, wrong_class = 0, inconclusive = 0, not_fired = 0,
              failed = 0;
};
[[nodiscard]] Summary sum_up(const std::vector<CaseRun>& runs);

/// Whether all is as it should be: nothing missed or taken for something else, no false alarm, nothing
/// failed.
[[nodiscard]] bool passed(const Summary& summary);

/// GitHub's Markdown: a row for each run, recall by each side, what is not right with its reason, the sums.
[[nodiscard]] std::string markdown(const std::vector<CaseRun>& runs);
[[nodiscard]] Json to_json(const std::vector<CaseRun>& runs);
/// JUnit's XML, as CI servers read it: missed, wrong class and false alarm are failures; inconclusive and
/// failed are errors; not fired is skipped.
[[nodiscard]] std::string junit(const std::vector<CaseRun>& runs);

}  // namespace candor::bench
