// SPDX-License-Identifier: Apache-2.0
//
// The host's clocks, in nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace candor {

/// Nanoseconds since 1970-01-01T00:00:00Z (CLOCK_REALTIME).
[[nodiscard]] std::int64_t wall_ns();
/// Nanoseconds of CLOCK_MONOTONIC: the same scale in every process of this host.
[[nodiscard]] std::int64_t monotonic_ns();

/// Seconds since its construction.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const { return static_cast<double>(monotonic_ns() - start_) / 1e9; }

 private:
  std::int64_t start_ = monotonic_ns();
};

/// "2026-11-23T04:42:00Z" of a wall-clock time.
[[nodiscard]] std::string iso_time(std::int64_t wall_ns);

}  // namespace candor
