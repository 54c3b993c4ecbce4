// SPDX-License-Identifier: Apache-2.0
//
// A guest's monotonic clock beside the host's: from exchanges of which both know their times, as in RFC 5905.
// The exchange with the shortest round trip of the last ones counts, and half of it is how wrong it can be.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace candor::ports {

struct ClockOffset {
  std::int64_t offset_ns = 0;  ///< Host minus guest.
  std::int64_t error_ns = 0;
  friend bool operator==(const ClockOffset&, const ClockOffset&) = default;
};

class GuestClock {
 public:
  /// Asked at `sent`, answered by the guest at `guest`, heard at `received`. Times that cannot be are left
  /// out: an answer before its question, or a guest's time that is absurd.
  void add(std::int64_t sent_ns, std::int64_t guest_ns, std::int64_t received_ns);
  [[nodiscard]] std::optional<ClockOffset> best() const { return best_; }
  /// Forgets all: another boot of the guest has another clock.
  void reset() { *this = {}; }

 private:
  std::deque<ClockOffset> last_;
  std::optional<ClockOffset> best_;
};

}  // namespace candor::ports
