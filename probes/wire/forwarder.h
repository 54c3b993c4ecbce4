// SPDX-License-Identifier: Apache-2.0
//
// Carries frames between QEMU's stream socket and the tap, each recorded before it is passed on, delayed or
// lost (see lane.h). Both descriptors are used without waiting; the owner's loop polls them as wanted() says
// and calls work(), also at next_due_ns(). Memory is bounded: a direction whose frames wait to be delivered
// is not read, so that the sender waits, and a lane loses what is too much for it. Throws Error if a frame
// cannot be recorded or the guest's stream is broken; nothing is passed on after that.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "wire/lane.h"
#include "wire/recorder.h"

namespace candor::wire {

/// Since the start. "Sent" is from the guest. Undelivered frames, of both directions, were recorded and not
/// passed on: the link was down or lost it, the frame was too short, or the other side refused it.
struct Totals {
  std::uint64_t sent_frames = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_frames = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t undelivered_frames = 0;
  std::int64_t last_sent_mono_ns = 0;    ///< When the guest last sent a frame; 0: never.
  std::int64_t last_active_mono_ns = 0;  ///< The same, upkeep (see is_upkeep) not counted.
  bool operator==(const Totals&) const = default;
};

class Forwarder {
 public:
  using Clock = std::function<std::int64_t()>;  ///< Nanoseconds that only grow.
  /// The descriptors stay the caller's.
  Forwarder(int guest, int tap, Recorder& recorder, Clock clock = monotonic_ns);

  /// What to poll for: the guest's socket, then the tap.
  [[nodiscard]] std::array<pollfd, 2> wanted() const;
  /// When to call work() even if nothing is ready; nothing: never.
  [[nodiscard]] std::optional<std::int64_t> next_due_ns() const;
  /// Does all that `ready` allows without waiting, and delivers what is due.
  void work(const std::array<pollfd, 2>& ready);

  /// Counts what still waits for the tap, or is on its way, as undelivered; for the end of the work.
  void give_up();

  void set_link(bool up) { link_ = up; }
  void set_condition(const Condition& condition);
  [[nodiscard]] const Totals& totals() const { return totals_; }
  /// Nothing of the guest's waits here to be delivered.
  [[nodiscard]] bool from_guest_empty() const { return next_ == batch_.size(); }
  /// Frames of both directions that are delayed.
  [[nodiscard]] std::size_t on_the_way() const { return to_tap_.holds() + to_guest_lane_.holds(); }
  /// When a delayed frame was last delivered; 0: never.
  [[nodiscard]] std::int64_t last_arrival_ns() const { return last_arrival_ns_; }
  /// The guest's end is closed (QEMU ended) and all it sent is dealt with.
  [[nodiscard]] bool guest_gone() const { return guest_gone_; }

 private:
  struct Span {
    std::size_t offset = 0;
    std::size_t size = 0;
    bool deliver = true;
  };

  /// What becomes of a frame: passed on at once, held in a lane until it is due, or neither, and why not.
  struct Passage {
    bool now = true;
    bool held = false;
    std::int64_t due_ns = 0;
    std::string_view comment;  ///< For the capture.
    [[nodiscard]] bool undelivered() const { return !now && !held; }
  };

  [[nodiscard]] Passage passage(Lane& lane, std::size_t size) const;
  [[nodiscard]] Passage passage_from_guest(std::size_t size);
  [[nodiscard]] Passage passage_to_guest(std::size_t size);
  void read_guest();
  void cut_into_frames();
  void record_sent(ByteView frame, const Passage& passage);
  void take_torn_end();
  void write_tap();
  [[nodiscard]] bool put_to_tap(ByteView frame);
  void deliver_to_tap();
  void read_tap();
  void append_to_guest(ByteView frame);
  void deliver_to_guest();
  void write_guest();
  void give_up_to_guest();

  int guest_;
  int tap_;
  Recorder& recorder_;
  Clock clock_;
  Totals totals_;
  bool link_ = true;
  bool guest_gone_ = false;

  Bytes from_guest_;  ///< Stream bytes not yet dealt with.
  std::size_t filled_ = 0;
  std::size_t parsed_ = 0;   ///< Before it, whole frames; they are in batch_.
  std::vector<Span> batch_;  ///< Recorded frames.
  std::size_t next_ = 0;     ///< First of them not yet delivered.

  Bytes to_guest_;  ///< Recorded frames with their lengths.
  std::size_t to_guest_size_ = 0;
  std::size_t to_guest_sent_ = 0;

  Lane to_tap_{Direction::from_guest};
  Lane to_guest_lane_{Direction::to_guest};
  bool tap_is_full_ = false;  ///< A delayed frame could not be delivered.
  std::int64_t last_arrival_ns_ = 0;
};

}  // namespace candor::wire
