// SPDX-License-Identifier: Apache-2.0
#include "wire/forwarder.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "wire/frame.h"

namespace candor::wire {

namespace {

/// Room for the largest frame and for many ordinary ones: a batch costs one read and one write to the capture.
constexpr std::size_t kBuffer = 512U << 10;
static_assert(kBuffer > 2 * (kMaxFrame + kPrefix));

bool would_wait() { return errno == EAGAIN || errno == EWOULDBLOCK; }

constexpr std::string_view kLinkDown = "not delivered: the link was down";
constexpr std::string_view kTooShort = "not delivered: shorter than an Ethernet header";
constexpr std::string_view kGuestEnded = "not delivered: the guest had ended";
constexpr std::string_view kTorn = "not delivered: the guest ended in the middle of this frame";

}  // namespace

Forwarder::Forwarder(int guest, int tap, Recorder& recorder)
    : guest_(guest), tap_(tap), recorder_(recorder), from_guest_(kBuffer), to_guest_(kBuffer) {}

std::array<pollfd, 2> Forwarder::wanted() const {
  const bool tap_waits = !from_guest_empty();
  const bool guest_waits = to_guest_sent_ < to_guest_size_;
  const int guest_events = (tap_waits ? 0 : POLLIN) | (guest_waits ? POLLOUT : 0);
  const int tap_events = (guest_waits ? 0 : POLLIN) | (tap_waits ? POLLOUT : 0);
  // poll() passes over negative descriptors; a hung-up socket would wake it again and again.
  return {pollfd{guest_gone_ ? -1 : guest_, static_cast<short>(guest_events), 0},
          pollfd{tap_, static_cast<short>(tap_events), 0}};
}

void Forwarder::work(const std::array<pollfd, 2>& ready) {
  const short guest = ready[0].revents;
  const short tap = ready[1].revents;
  if ((tap & (POLLERR | POLLNVAL)) != 0) throw Error("the tap is broken");
  if ((tap & POLLOUT) != 0) write_tap();
  if ((guest & (POLLIN | POLLHUP | POLLERR)) != 0 && from_guest_empty()) read_guest();
  if ((guest & POLLOUT) != 0) write_guest();
  if ((tap & POLLIN) != 0 && to_guest_sent_ == to_guest_size_) read_tap();
}

void Forwarder::read_guest() {
  if (guest_gone_) return;
  const ssize_t count = ::recv(guest_, from_guest_.data() + filled_, from_guest_.size() - filled_, MSG_DONTWAIT);
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
      throw Error("the guest's stream is broken: a frame of " + std::to_string(*size) + " bytes was announced");
    if (filled_ - parsed_ - kPrefix < *size) return;
    Span span{parsed_ + kPrefix, *size};
    const bool too_short = *size < kEthernetHeader;
    span.deliver = link_ && !too_short;
    record_sent(all.subspan(span.offset, span.size), span.deliver,
                too_short ? kTooShort : (link_ ? std::string_view() : kLinkDown));
    batch_.push_back(span);
    parsed_ += kPrefix + *size;
  }
}

void Forwarder::record_sent(ByteView frame, bool& deliver, std::string_view comment) {
  recorder_.add(Direction::from_guest, wall_ns(), frame, comment);
  ++totals_.sent_frames;
  totals_.sent_bytes += frame.size();
  totals_.last_sent_mono_ns = monotonic_ns();
  if (!is_upkeep(frame)) totals_.last_active_mono_ns = totals_.last_sent_mono_ns;
  if (!deliver) ++totals_.undelivered_frames;
}

/// A frame the guest had begun when it ended: its bytes left the guest and are evidence.
void Forwarder::take_torn_end() {
  if (filled_ <= kPrefix) return;
  bool deliver = false;
  record_sent(ByteView(from_guest_.data() + kPrefix, filled_ - kPrefix), deliver, kTorn);
  recorder_.commit();
  filled_ = 0;
}

void Forwarder::write_tap() {
  for (; next_ < batch_.size(); ++next_) {
    const Span& span = batch_[next_];
    if (!span.deliver) continue;
    const ssize_t count = ::write(tap_, from_guest_.data() + span.offset, span.size);
    if (count < 0 && (would_wait() || errno == EINTR)) return;
    if (count < 0 && (errno == EBADFD || errno == EBADF)) throw errno_error("writing to the tap");
    if (count < 0) ++totals_.undelivered_frames;  // the kernel refused this one frame
  }
  batch_.clear();
  next_ = 0;
  std::memmove(from_guest_.data(), from_guest_.data() + parsed_, filled_ - parsed_);
  filled_ -= parsed_;
  parsed_ = 0;
}

void Forwarder::read_tap() {
  to_guest_size_ = 0;
  to_guest_sent_ = 0;
  const bool deliver = link_ && !guest_gone_;
  const std::string_view comment = deliver ? std::string_view() : (guest_gone_ ? kGuestEnded : kLinkDown);
  const std::uint64_t before = totals_.received_frames;
  while (to_guest_.size() - to_guest_size_ >= kPrefix + kMaxFrame) {
    std::uint8_t* const at = to_guest_.data() + to_guest_size_;
    const ssize_t count = ::read(tap_, at + kPrefix, kMaxFrame);
    if (count < 0 && (would_wait() || errno == EINTR)) break;
    if (count < 0) throw errno_error("reading from the tap");
    const auto size = static_cast<std::size_t>(count);
    recorder_.add(Direction::to_guest, wall_ns(), ByteView(at + kPrefix, size), comment);
    ++totals_.received_frames;
    totals_.received_bytes += size;
    const auto prefix = prefix_of(size);
    std::copy(prefix.begin(), prefix.end(), at);
    to_guest_size_ += kPrefix + size;
  }
  recorder_.commit();
  if (!deliver) {
    totals_.undelivered_frames += totals_.received_frames - before;
    to_guest_size_ = 0;
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

void Forwarder::give_up_to_tap() {
  for (; next_ < batch_.size(); ++next_)
    if (batch_[next_].deliver) ++totals_.undelivered_frames;
}

}  // namespace candor::wire
