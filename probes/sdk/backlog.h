// SPDX-License-Identifier: Apache-2.0
//
// The events a probe has numbered and the collector has not yet acknowledged, in order. Not thread-safe: its
// owner locks. They stay where they are until trim(), so one thread may send them while another adds more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace candor::probe {

struct Kept {
  std::string body;                 ///< Of the EVENT.
  std::optional<std::string> blob;  ///< Its third frame.
  [[nodiscard]] std::size_t size() const { return body.size() + (blob ? blob->size() : 0); }
};

class Backlog {
 public:
  explicit Backlog(std::size_t max_events) : max_events_(max_events) {}

  [[nodiscard]] bool full() const { return events_.size() >= max_events_ || bytes_ >= kMaxBytes; }
  /// Number the next event gets.
  [[nodiscard]] std::int64_t next_seq() const { return first_ + size(); }
  /// Number of the oldest event kept; next_seq() if none is.
  [[nodiscard]] std::int64_t first_seq() const { return first_; }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(events_.size()); }

  void add(Kept event) {
    bytes_ += event.size();
    events_.push_back(std::move(event));
  }
  /// Forgets the events up to `seq`, which are stored.
  void trim(std::int64_t seq) {
    for (; first_ <= seq && !events_.empty(); ++first_) {
      bytes_ -= events_.front().size();
      events_.pop_front();
    }
  }
  /// The events `from` … `to`, as far as they are there, at most `limit`.
  [[nodiscard]] std::vector<const Kept*> range(std::int64_t from, std::int64_t to, std::size_t limit) const {
    std::vector<const Kept*> events;
    for (std::int64_t seq = from; seq <= to && seq < next_seq() && events.size() < limit; ++seq) {
      events.push_back(&events_[static_cast<std::size_t>(seq - first_)]);
    }
    return events;
  }

 private:
  static constexpr std::size_t kMaxBytes = 32U << 20;

  std::size_t max_events_;
  std::int64_t first_ = 1;
  std::size_t bytes_ = 0;
  std::deque<Kept> events_;
};

}  // namespace candor::probe
