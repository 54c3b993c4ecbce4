// SPDX-License-Identifier: Apache-2.0
#include "wire/forwarder.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "wire/frame.h"

namespace candor::wire {

namespace {

/// Room for the largest frame and for many ordinary ones: a batch costs one read and one write to the
/// capture.
constexpr std::size_t kBuffer = 512U << 10;
static_assert(kBuffer > 2 * (kMaxFrame + kPrefix));

bool would_wait() { return errno == EAGAIN || errno == EWOULDBLOCK; }

constexpr std::string_view kLinkDown = "not delivered: the link was down";
constexpr std::string_view kTooShort = "not delivered: shorter than an Ethernet header";
constexpr std::string_view kGuestEnded = "not delivered: the guest had ended";
constexpr std::string_view kLost = "not delivered: lost by the link's condition";
constexpr std::string_view kQueueFull = "not delivered: too much was waiting for the slow link";
constexpr std::string_view kTorn = "not delivered: the guest ended in the middle of this frame";

}  // namespace

Forwarder::Forwarder(int guest, int tap, Recorder& recorder, Clock clock)
    : guest_(guest),
      tap_(tap),
      recorder_(recorder),
      clock_(std::move(clock)),
      from_guest_(kBuffer),
      to_guest_(kBuffer) {}

std::array<pollfd, 2> Forwarder::wanted() const {
  const bool tap_waits = !from_guest_empty();
  const bool guest_waits = to_guest_sent_ < to_guest_size_;
  const int guest_events = (tap_waits ? 0 : POLLIN) | (guest_waits ? POLLOUT : 0);
  const int tap_events = (guest_waits ? 0 : POLLIN) | (tap_waits || tap_is_full_ ? POLLOUT : 0);
  // poll() passes over negative descriptors; a hung-up socket would wake it again and again.
  return {pollfd{guest_gone_ ? -1 : guest_, static_cast<short>(guest_events), 0},
          pollfd{tap_, static_cast<short>(tap_events), 0}};
}

std::optional<std::int64_t> Forwarder::next_due_ns() const {
  // What is due already waits for its descriptor, not for time to pass.
  const auto to_tap = tap_is_full_ ? std::nullopt : to_tap_.next_due_ns();
  const bool guest_waits = to_guest_sent_ < to_guest_size_;
  const auto to_guest = guest_waits ? std::nullopt : to_guest_lane_.next_due_ns();
  if (!to_tap || !to_guest) return to_tap ? to_tap : to_guest;
  return std::min(*to_tap, *to_guest);
}

void Forwarder::set_condition(const Condition& condition) {
  to_tap_.set(condition);
  to_guest_lane_.set(condition);
}

void Forwarder::work(const std::array<pollfd, 2>& ready) {
  const short guest = ready[0].revents;
  const short tap = ready[1].revents;
  if ((tap & (POLLERR | POLLNVAL)) != 0) throw Error("the tap is broken");
  if ((tap & POLLOUT) != 0) write_tap();
  if ((guest & (POLLIN | POLLHUP | POLLERR)) != 0 && from_guest_empty()) read_guest();
  if ((guest & POLLOUT) != 0) write_guest();
  if ((tap & POLLIN) != 0 && to_guest_sent_ == to_guest_size_) read_tap();
  deliver_to_tap();
  deliver_to_guest();
}

Forwarder::Passage Forwarder::passage(Lane& lane, std::size_t size) const {
  if (lane.open()) return {};
  const Lane::Decision decision = lane.decide(size, clock_());
  const bool held = decision.fate == Lane::Fate::carried;
  if (held) return {.now = false, .held = true, .due_ns = decision.due_ns, .comment = {}};
  return {.now = false,
          .held = false,
          .due_ns = 0,
          .comment = decision.fate == Lane::Fate::lost ? kLost : kQueueFull};
}

Forwarder::Passage Forwarder::passage_from_guest(std::size_t size) {
  if (size < kEthernetHeader) return {.now = false, .held = false, .due_ns = 0, .comment = kTooShort};
  if (!link_) return {.now = false, .held = false, .due_ns = 0, .comment = kLinkDown};
  return passage(to_tap_, size);
}

Forwarder::Passage Forwarder::passage_to_guest(std::size_t size) {
  if (guest_gone_) return {.now = false, .held = false, .due_ns = 0, .comment = kGuestEnded};
  if (!link_) return {.now = false, .held = false, .due_ns = 0, .comment = kLinkDown};
  return passage(to_guest_lane_, size);
}

void Forwarder::read_guest() {
  if (guest_gone_) return;
  const ssize_t count =
      ::recv(guest_, from_guest_.data() + filled_, from_guest_.size() - filled_, MSG_DONTWAIT);
  if (count < 0 && (would_wait() || errno == EINTR)) return;
  const bool ended = count == 0 || (count < 0 && errno == ECONNRESET);
  if (count < 0 && !ended) throw errno_error("reading from the guest");
  if (ended) {
    take_torn_end();
    guest_gone_ = true;
    return;
  }
  filled_ += static_cast<std::size_t>(count);
  cut_into_frames();
  recorder_.commit();
  write_tap();
}

void Forwarder::cut_into_frames() {
  const ByteView all(from_guest_.data(), filled_);
  for (;;) {
    const std::optional<std::size_t> size = announced(all.subspan(parsed_));
    if (!size) return;
    if (*size > kMaxFrame)
      throw Error("the guest's stream is broken: a frame of " + std::to_string(*size) +
                  " bytes was announced");
    if (filled_ - parsed_ - kPrefix < *size) return;
    const ByteView frame = all.subspan(parsed_ + kPrefix, *size);
    const Passage passage = passage_from_guest(*size);
    record_sent(frame, passage);
    if (passage.held) to_tap_.hold(frame, passage.due_ns);
    batch_.push_back({parsed_ + kPrefix, *size, passage.now});
    parsed_ += kPrefix + *size;
  }
}

void Forwarder::record_sent(ByteView frame, const Passage& passage) {
  recorder_.add(Direction::from_guest, wall_ns(), frame, passage.comment);
  ++totals_.sent_frames;
  totals_.sent_bytes += frame.size();
  totals_.last_sent_mono_ns = clock_();
  if (!is_upkeep(frame)) totals_.last_active_mono_ns = totals_.last_sent_mono_ns;
  if (passage.undelivered()) ++totals_.undelivered_frames;
}

/// A frame the guest had begun when it ended: its bytes left the guest and are evidence.
void Forwarder::take_torn_end() {
  if (filled_ <= kPrefix) return;
  record_sent(ByteView(from_guest_.data() + kPrefix, filled_ - kPrefix),
              {.now = false, .held = false, .due_ns = 0, .comment = kTorn});
  recorder_.commit();
  filled_ = 0;
}

void Forwarder::write_tap() {
  for (; next_ < batch_.size(); ++next_) {
    const Span& span = batch_[next_];
    if (span.deliver && !put_to_tap({from_guest_.data() + span.offset, span.size})) return;
  }
  batch_.clear();
  next_ = 0;
  std::memmove(from_guest_.data(), from_guest_.data() + parsed_, filled_ - parsed_);
  filled_ -= parsed_;
  parsed_ = 0;
}

/// False if the tap is full.
bool Forwarder::put_to_tap(ByteView frame) {
  const ssize_t count = ::write(tap_, frame.data(), frame.size());
  if (count < 0 && (would_wait() || errno == EINTR)) return false;
  if (count < 0 && (errno == EBADFD || errno == EBADF)) throw errno_error("writing to the tap");
  if (count < 0) ++totals_.undelivered_frames;  // the kernel refused this one frame
  return true;
}

void Forwarder::deliver_to_tap() {
  tap_is_full_ = false;
  while (const std::optional<ByteView> frame = to_tap_.due(clock_())) {
    tap_is_full_ = !put_to_tap(*frame);
    if (tap_is_full_) return;
    last_arrival_ns_ = clock_();
    to_tap_.pop();
  }
}

void Forwarder::read_tap() {
  to_guest_size_ = 0;
  to_guest_sent_ = 0;
  while (to_guest_.size() - to_guest_size_ >= kPrefix + kMaxFrame) {
    std::uint8_t* const at = to_guest_.data() + to_guest_size_ + kPrefix;
    const ssize_t count = ::read(tap_, at, kMaxFrame);
    if (count < 0 && (would_wait() || errno == EINTR)) break;
    if (count < 0) throw errno_error("reading from the tap");
    const ByteView frame(at, static_cast<std::size_t>(count));
    const Passage passage = passage_to_guest(frame.size());
    recorder_.add(Direction::to_guest, wall_ns(), frame, passage.comment);
    ++totals_.received_frames;
    totals_.received_bytes += frame.size();
    if (passage.undelivered()) ++totals_.undelivered_frames;
    if (passage.held) to_guest_lane_.hold(frame, passage.due_ns);
    if (passage.now) append_to_guest(frame);
  }
  recorder_.commit();
  write_guest();
}

/// Puts the length before a frame that stands, or is put, behind room for it.
void Forwarder::append_to_guest(ByteView frame) {
  std::uint8_t* const at = to_guest_.data() + to_guest_size_;
  const auto prefix = prefix_of(frame.size());
  std::copy(prefix.begin(), prefix.end(), at);
  if (frame.data() != at + kPrefix) std::copy(frame.begin(), frame.end(), at + kPrefix);
  to_guest_size_ += kPrefix + frame.size();
}

void Forwarder::deliver_to_guest() {
  if (to_guest_sent_ < to_guest_size_) return;
  to_guest_size_ = 0;
  to_guest_sent_ = 0;
  while (to_guest_.size() - to_guest_size_ >= kPrefix + kMaxFrame) {
    const std::optional<ByteView> frame = to_guest_lane_.due(clock_());
    if (!frame) break;
    last_arrival_ns_ = clock_();
    if (link_ && !guest_gone_) {
      append_to_guest(*frame);
    } else {
      ++totals_.undelivered_frames;
    }
    to_guest_lane_.pop();
  }
  write_guest();
}

void Forwarder::write_guest() {
  while (to_guest_sent_ < to_guest_size_) {
    const ssize_t count = ::send(guest_, to_guest_.data() + to_guest_sent_, to_guest_size_ - to_guest_sent_,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && would_wait()) return;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return give_up_to_guest();
    to_guest_sent_ += static_cast<std::size_t>(count);
  }
}

/// The guest ended; what it sent before can still be read.
void Forwarder::give_up_to_guest() {
  const ByteView all(to_guest_.data(), to_guest_size_);
  std::size_t end = 0;
  while (const std::optional<std::size_t> size = announced(all.subspan(end))) {
    end += kPrefix + *size;
    if (end > to_guest_sent_) ++totals_.undelivered_frames;
  }
  to_guest_sent_ = to_guest_size_;
}

void Forwarder::give_up() {
  for (; next_ < batch_.size(); ++next_)
    if (batch_[next_].deliver) ++totals_.undelivered_frames;
  totals_.undelivered_frames += on_the_way();
}

}  // namespace candor::wire
