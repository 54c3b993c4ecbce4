// SPDX-License-Identifier: Apache-2.0
//
// One direction of a link that is not at its best: frames wait for their turn at a given rate, take a given
// time, and some are lost. Which ones depends on the seed and the order of frames alone. Pure but for the
// frames it holds; times are the caller's. Frames keep their order whatever the condition is changed to.
// Memory is bounded: a frame that finds too much before it is lost, as in a router's queue.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>

#include "base/bytes.h"
#include "wire/pcapng.h"

namespace candor::wire {

/// Holds for each direction by itself.
struct Condition {
  std::int64_t delay_ns = 0;
  std::uint32_t loss_ppm = 0;    ///< Frames of a million.
  std::uint64_t rate_bit_s = 0;  ///< 0: as fast as they come.
  std::uint64_t seed = 0;
  [[nodiscard]] bool normal() const { return delay_ns == 0 && loss_ppm == 0 && rate_bit_s == 0; }
};

class Lane {
 public:
  static constexpr std::int64_t kLongestQueue = 2'000'000'000;  ///< Time to send what waits, at the rate.
  static constexpr std::size_t kMostHeld = 16U << 20;           ///< Bytes.

  explicit Lane(Direction direction) : direction_(direction) {}

  void set(const Condition& condition);
  /// Whether frames may pass without it: no condition, and none before them.
  [[nodiscard]] bool open() const { return condition_.normal() && held_.empty(); }

  enum class Fate { carried, lost, queue_full };
  struct Decision {
    Fate fate = Fate::carried;
    std::int64_t due_ns = 0;
  };
  /// What becomes of a frame of `size` bytes that comes at `now_ns`. A carried one must be given to hold()
  /// next.
  [[nodiscard]] Decision decide(std::size_t size, std::int64_t now_ns);
  void hold(ByteView frame, std::int64_t due_ns);

  /// The first frame, once it is due.
  [[nodiscard]] std::optional<ByteView> due(std::int64_t now_ns) const;
  void pop();
  [[nodiscard]] std::optional<std::int64_t> next_due_ns() const;
  [[nodiscard]] std::size_t holds() const { return held_.size(); }

 private:
  struct Held {
    std::int64_t due_ns;
    Bytes frame;
  };

  Direction direction_;
  Condition condition_;
  std::mt19937_64 chance_;       ///< Of one output for all implementations, unlike the distributions.
  std::int64_t free_at_ns_ = 0;  ///< When all that waits will have been sent.
  std::int64_t last_due_ns_ = 0;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace candor::wire
