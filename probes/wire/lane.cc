// SPDX-License-Identifier: Apache-2.0
#include "wire/lane.h"

#include <algorithm>

namespace candor::wire {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;
constexpr double kNanoseconds = 1e9;

}  // namespace

void Lane::set(const Condition& condition) {
  condition_ = condition;
  free_at_ns_ = 0;  // what already waits keeps its times
  // The two directions must not lose the same frames of a row.
  chance_.seed(condition.seed ^ (static_cast<std::uint64_t>(direction_) << 32));
}

Lane::Decision Lane::decide(std::size_t size, std::int64_t now_ns) {
  if (condition_.loss_ppm > 0 && chance_() % kMillion < condition_.loss_ppm) return {Fate::lost, 0};
  const bool waits = free_at_ns_ > now_ns;
  if (held_bytes_ + size > kMostHeld || (waits && free_at_ns_ - now_ns > kLongestQueue))
    return {Fate::queue_full, 0};
  std::int64_t sent_ns = now_ns;
  if (condition_.rate_bit_s > 0) {
    const double seconds = static_cast<double>(size) * 8 / static_cast<double>(condition_.rate_bit_s);
    free_at_ns_ = std::max(free_at_ns_, now_ns) + static_cast<std::int64_t>(seconds * kNanoseconds);
    sent_ns = free_at_ns_;
  }
  return {Fate::carried, std::max(sent_ns + condition_.delay_ns, last_due_ns_)};
}

void Lane::hold(ByteView frame, std::int64_t due_ns) {
  held_.push_back({due_ns, Bytes(frame.begin(), frame.end())});
  held_bytes_ += frame.size();
  last_due_ns_ = due_ns;
}

std::optional<ByteView> Lane::due(std::int64_t now_ns) const {
  if (held_.empty() || held_.front().due_ns > now_ns) return std::nullopt;
  return held_.front().frame;
}

void Lane::pop() {
  held_bytes_ -= held_.front().frame.size();
  held_.pop_front();
}

std::optional<std::int64_t> Lane::next_due_ns() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().due_ns;
}

}  // namespace candor::wire
