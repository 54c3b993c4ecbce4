// SPDX-License-Identifier: Apache-2.0
//
// Whether a probe keeps the protocol (probes/PROTOCOL.md): starts it again and again against a collector that
// grants little credit, goes away in the middle, says what nobody knows, and falls silent, and tells what it
// did otherwise than it should. Blocks; half a minute for a probe that is right.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace candor::collect {

struct ProbeUnderTest {
  std::string name;                  ///< What its HELLO must say; empty: anything.
  std::vector<std::string> command;  ///< Gets the endpoint in CANDOR_COLLECTOR.
  std::filesystem::path cwd;         ///< Empty: this process's.
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::string>
      trigger;  ///< Run after it was welcomed, so that it has something to report; or empty.
  /// What is wrong with an event's data, as sentences; by type and data.
  std::function<std::vector<std::string>(const std::string&, const Json&)> mismatches = {};
  std::vector<std::string> only = {};  ///< Checks by name; empty: all.
  std::chrono::milliseconds patience{
      10'000};  ///< For HELLO, for the first event, for the end of the process.
};

enum class Conformance {
  kept,
  broken,
  not_shown,  ///< It never came to it: no event was reported.
};

struct ConformanceResult {
  std::string check;  ///< "credit", "replay" …
  Conformance outcome = Conformance::kept;
  std::string sentence;
};

/// `on_result` is called as soon as each check ends. Throws Error if the probe cannot be started at all.
[[nodiscard]] std::vector<ConformanceResult> check_conformance(
    const ProbeUnderTest& probe, const std::function<void(const ConformanceResult&)>& on_result);

}  // namespace candor::collect
