// SPDX-License-Identifier: Apache-2.0
//
// Where the simulated internet's events go: the probe SDK in the program, a list in tests.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace candor::internet {

class Reporter {
 public:
  Reporter() = default;
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  virtual ~Reporter() = default;
  /// Throws Error once nobody will ever read it; that ends the probe.
  virtual void report(const std::string& type, Json data) = 0;
  /// Counts things that happened and could not be kept.
  virtual void dropped(std::uint64_t count) = 0;
};

}  // namespace candor::internet
