// SPDX-License-Identifier: Apache-2.0
#include "ports/guest_clock.h"

#include <algorithm>

namespace candor::ports {

namespace {

constexpr std::size_t kKept = 32;
constexpr std::int64_t kLongestGuestTime = std::int64_t{1} << 60;  // 36 years of uptime

}  // namespace

void GuestClock::add(std::int64_t sent_ns, std::int64_t guest_ns, std::int64_t received_ns) {
  if (received_ns < sent_ns || guest_ns < 0 || guest_ns > kLongestGuestTime) return;
  const std::int64_t half = (received_ns - sent_ns) / 2;
  last_.push_back({sent_ns + half - guest_ns, half + 1});
  if (last_.size() > kKept) last_.pop_front();
  best_ = *std::min_element(last_.begin(), last_.end(), [](const ClockOffset& a, const ClockOffset& b) {
    return a.error_ns < b.error_ns;
  });
}

}  // namespace candor::ports
