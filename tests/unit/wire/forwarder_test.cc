// SPDX-License-Identifier: Apache-2.0
#include "wire/forwarder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <functional>
#include <random>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "wire/frame.h"

namespace candor::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Keeps what is recorded; a test may look at the world at the moment of each commit.
class Memory : public Recorder {
 public:
  struct Entry {
    Direction direction;
    Bytes frame;
    std::string comment;
  };
  void add(Direction direction, std::int64_t, ByteView frame, std::string_view comment) override {
    pending_.push_back({direction, {frame.begin(), frame.end()}, std::string(comment)});
  }
  void commit() override {
    if (on_commit) on_commit();
    for (Entry& entry : pending_) entries.push_back(std::move(entry));
    pending_.clear();
  }
  std::vector<Entry> entries;
  std::function<void()> on_commit;

 private:
  std::vector<Entry> pending_;
};

std::pair<UniqueFd, UniqueFd> packet_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    throw errno_error("making a socket pair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// A frame whose bytes tell its number.
Bytes frame_of(std::size_t size, unsigned number = 0) {
  Bytes frame(size);
  for (std::size_t i = 0; i < size; ++i) frame[i] = static_cast<std::uint8_t>(number + i * 7);
  return frame;
}

Bytes streamed(const Bytes& frame) {
  const auto prefix = prefix_of(frame.size());
  Bytes bytes(prefix.begin(), prefix.end());
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

/// The forwarder between a socket pair as QEMU has it and a packet socket in the tap's place: like a tap it
/// takes and gives whole frames, and refuses when full.
class ForwarderTest : public ::testing::Test {
 protected:
  void turn(int limit_ms = 0) {
    auto fds = forwarder.wanted();
    ::poll(fds.data(), fds.size(), limit_ms);
    forwarder.work(fds);
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }
  void guest_sends(const Bytes& bytes) { write_all(guest.second.get(), bytes); }
  void gateway_sends(const Bytes& frame) { write_all(tap.second.get(), frame); }
  Bytes at_tap() {
    Bytes frame(kMaxFrame);
    const ssize_t count = ::recv(tap.second.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    frame.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return frame;
  }
  Bytes at_guest() {
    Bytes bytes(1U << 20);
    const ssize_t count = ::recv(guest.second.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return bytes;
  }

  /// A turn, and the next frame of a numbered row taken at the tap, if there is one.
  void drain_one(unsigned& arrived) {
    turn();
    const Bytes frame = at_tap();
    if (frame.empty()) return;
    EXPECT_EQ(frame, frame_of(1000, arrived));
    ++arrived;
  }

  std::pair<UniqueFd, UniqueFd> guest = socket_pair();
  std::pair<UniqueFd, UniqueFd> tap = packet_pair();
  Memory memory;
  std::int64_t now = 1'000'000'000;
  Forwarder forwarder{guest.first.get(), tap.first.get(), memory, [this] { return now; }};
};

TEST_F(ForwarderTest, CarriesFramesBothWays) {
  guest_sends(streamed(frame_of(60, 1)));
  gateway_sends(frame_of(1514, 2));
  turn();
  EXPECT_EQ(at_tap(), frame_of(60, 1));
  EXPECT_EQ(at_guest(), streamed(frame_of(1514, 2)));
  ASSERT_EQ(memory.entries.size(), 2U);
  EXPECT_EQ(memory.entries[0].direction, Direction::from_guest);
  EXPECT_EQ(memory.entries[0].frame, frame_of(60, 1));
  EXPECT_EQ(memory.entries[1].direction, Direction::to_guest);
  EXPECT_EQ(memory.entries[1].frame, frame_of(1514, 2));
  EXPECT_EQ(forwarder.totals().sent_frames, 1U);
  EXPECT_EQ(forwarder.totals().sent_bytes, 60U);
  EXPECT_EQ(forwarder.totals().received_frames, 1U);
  EXPECT_EQ(forwarder.totals().received_bytes, 1514U);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 0U);
}

TEST_F(ForwarderTest, RecordsEachFrameBeforeItForwardsIt) {
  int commits = 0;
  memory.on_commit = [&] {
    ++commits;
    EXPECT_THAT(at_tap(), IsEmpty());
    EXPECT_THAT(at_guest(), IsEmpty());
  };
  for (unsigned i = 0; i < 20; ++i) guest_sends(streamed(frame_of(100, i)));
  turn();
  for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(at_tap(), frame_of(100, i));
  for (unsigned i = 0; i < 20; ++i) gateway_sends(frame_of(100, i));
  turn();
  EXPECT_EQ(at_guest().size(), 20U * 104);
  EXPECT_EQ(commits, 2);
}

TEST_F(ForwarderTest, PassesNothingOnThatCouldNotBeRecorded) {
  memory.on_commit = [] { throw Error("no space left"); };
  guest_sends(streamed(frame_of(60)));
  EXPECT_THROW(turn(), Error);
  EXPECT_THAT(at_tap(), IsEmpty());
}

TEST_F(ForwarderTest, PassesNothingToTheGuestThatCouldNotBeRecorded) {
  memory.on_commit = [] { throw Error("no space left"); };
  gateway_sends(frame_of(60));
  EXPECT_THROW(turn(), Error);
  EXPECT_THAT(at_guest(), IsEmpty());
}

TEST_F(ForwarderTest, PutsFramesTogetherHoweverTheStreamIsCut) {
  std::mt19937 random(7);
  std::deque<Bytes> expected;
  Bytes stream;
  for (unsigned i = 0; i < 200; ++i) {
    const std::size_t size = i % 50 == 49 ? kMaxFrame : 14 + random() % 1500;
    expected.push_back(frame_of(size, i));
    const Bytes bytes = streamed(expected.back());
    stream.insert(stream.end(), bytes.begin(), bytes.end());
  }
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t count = std::min<std::size_t>(stream.size() - at, 1 + random() % 3000);
    guest_sends({stream.begin() + static_cast<std::ptrdiff_t>(at),
                 stream.begin() + static_cast<std::ptrdiff_t>(at + count)});
    at += count;
    turn();
    for (Bytes frame = at_tap(); !frame.empty(); frame = at_tap()) {
      ASSERT_FALSE(expected.empty());
      ASSERT_EQ(frame, expected.front());
      expected.pop_front();
      turn();
    }
  }
  EXPECT_THAT(expected, IsEmpty());
  EXPECT_EQ(memory.entries.size(), 200U);
}

TEST_F(ForwarderTest, RecordsAndDoesNotDeliverWhileTheLinkIsDown) {
  forwarder.set_link(false);
  guest_sends(streamed(frame_of(60, 1)));
  gateway_sends(frame_of(60, 2));
  turns(2);
  EXPECT_THAT(at_tap(), IsEmpty());
  EXPECT_THAT(at_guest(), IsEmpty());
  ASSERT_EQ(memory.entries.size(), 2U);
  EXPECT_THAT(memory.entries[0].comment, HasSubstr("link was down"));
  EXPECT_THAT(memory.entries[1].comment, HasSubstr("link was down"));
  EXPECT_EQ(forwarder.totals().sent_frames, 1U);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 2U);

  forwarder.set_link(true);
  guest_sends(streamed(frame_of(60, 3)));
  gateway_sends(frame_of(60, 4));
  turns(2);
  EXPECT_EQ(at_tap(), frame_of(60, 3));
  EXPECT_EQ(at_guest(), streamed(frame_of(60, 4)));
  EXPECT_EQ(forwarder.totals().undelivered_frames, 2U);
}

TEST_F(ForwarderTest, RecordsFramesTooShortToDeliver) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{13}})
    guest_sends(streamed(frame_of(size)));
  guest_sends(streamed(frame_of(14)));
  turns(2);
  EXPECT_EQ(at_tap().size(), 14U);
  ASSERT_EQ(memory.entries.size(), 4U);
  EXPECT_THAT(memory.entries[2].comment, HasSubstr("shorter than an Ethernet header"));
  EXPECT_EQ(forwarder.totals().sent_bytes, 28U);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 3U);
}

TEST_F(ForwarderTest, EndsAStreamThatAnnouncesMoreThanQemuCanSend) {
  guest_sends({0x00, 0x01, 0x10, 0x01, 0x00});
  try {
    turn();
    FAIL() << "it went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("stream is broken: a frame of 69633 bytes"));
  }
}

TEST_F(ForwarderTest, RecordsTheTornFrameOfAGuestThatEnded) {
  guest_sends(streamed(frame_of(60, 1)));
  Bytes torn = streamed(frame_of(100, 2));
  torn.resize(kPrefix + 30);
  guest_sends(torn);
  guest.second.reset();
  turns(3);
  EXPECT_TRUE(forwarder.guest_gone());
  EXPECT_EQ(at_tap(), frame_of(60, 1));
  EXPECT_THAT(at_tap(), IsEmpty());
  ASSERT_EQ(memory.entries.size(), 2U);
  EXPECT_EQ(memory.entries[1].frame.size(), 30U);
  EXPECT_THAT(memory.entries[1].comment, HasSubstr("in the middle of this frame"));
  EXPECT_EQ(forwarder.totals().sent_bytes, 90U);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 1U);
}

TEST_F(ForwarderTest, GoesOnRecordingForAGuestThatEnded) {
  guest.second.reset();
  turns(2);
  gateway_sends(frame_of(60));
  turns(2);
  ASSERT_EQ(memory.entries.size(), 1U);
  EXPECT_THAT(memory.entries[0].comment, HasSubstr("guest had ended"));
  EXPECT_EQ(forwarder.totals().undelivered_frames, 1U);
}

TEST_F(ForwarderTest, MakesTheGuestWaitForASlowTapAndLosesNothing) {
  constexpr unsigned kFrames = 3000;
  unsigned sent = 0;
  unsigned arrived = 0;
  const int small = 4096;
  ::setsockopt(tap.first.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  bool guest_waited = false;
  while (arrived < kFrames) {
    while (sent < kFrames) {
      const Bytes bytes = streamed(frame_of(1000, sent));
      const ssize_t count = ::send(guest.second.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      guest_waited = guest_waited || count < 0;
      if (count < 0) break;
      // A stream socket may have taken a part; the rest follows once the forwarder has made room.
      for (std::size_t done = static_cast<std::size_t>(count); done < bytes.size();) {
        drain_one(arrived);
        const ssize_t more =
            ::send(guest.second.get(), bytes.data() + done, bytes.size() - done, MSG_DONTWAIT);
        if (more > 0) done += static_cast<std::size_t>(more);
      }
      ++sent;
    }
    drain_one(arrived);
  }
  EXPECT_TRUE(guest_waited);
  EXPECT_EQ(memory.entries.size(), kFrames);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 0U);
}

TEST_F(ForwarderTest, MakesTheTapWaitForASlowGuestAndLosesNothing) {
  constexpr unsigned kFrames = 3000;
  unsigned sent = 0;
  Bytes stream;
  bool tap_waited = false;
  while (stream.size() < kFrames * std::size_t{1004}) {
    for (; sent < kFrames; ++sent) {
      const Bytes frame = frame_of(1000, sent);
      if (::send(tap.second.get(), frame.data(), frame.size(), MSG_DONTWAIT) < 0) break;
    }
    tap_waited = tap_waited || sent < kFrames;
    turn();
    Bytes some(5000);
    const ssize_t count = ::recv(guest.second.get(), some.data(), some.size(), MSG_DONTWAIT);
    if (count > 0) stream.insert(stream.end(), some.begin(), some.begin() + count);
  }
  EXPECT_TRUE(tap_waited);
  for (unsigned i = 0; i < kFrames; ++i) {
    const auto at = stream.begin() + static_cast<std::ptrdiff_t>(i * std::size_t{1004});
    ASSERT_EQ(Bytes(at, at + 1004), streamed(frame_of(1000, i)));
  }
}

TEST_F(ForwarderTest, TellsUpkeepFromActivity) {
  Bytes arp = frame_of(60);
  arp[12] = 0x08;
  arp[13] = 0x06;
  guest_sends(streamed(arp));
  turn();
  EXPECT_GT(forwarder.totals().last_sent_mono_ns, 0);
  EXPECT_EQ(forwarder.totals().last_active_mono_ns, 0);
  guest_sends(streamed(frame_of(60)));
  turn();
  EXPECT_GT(forwarder.totals().last_active_mono_ns, 0);
}

constexpr std::int64_t kMillisecond = 1'000'000;

TEST_F(ForwarderTest, RecordsDelayedFramesAtOnceAndDeliversThemWhenTheyAreDue) {
  forwarder.set_condition({.delay_ns = 200 * kMillisecond});
  guest_sends(streamed(frame_of(60, 1)));
  gateway_sends(frame_of(60, 2));
  turns(2);
  EXPECT_EQ(memory.entries.size(), 2U);
  EXPECT_EQ(forwarder.next_due_ns(), now + 200 * kMillisecond);
  now += 199 * kMillisecond;
  turns(2);
  EXPECT_THAT(at_tap(), IsEmpty());
  EXPECT_THAT(at_guest(), IsEmpty());
  EXPECT_EQ(forwarder.on_the_way(), 2U);
  now += kMillisecond;
  turns(2);
  EXPECT_EQ(at_tap(), frame_of(60, 1));
  EXPECT_EQ(at_guest(), streamed(frame_of(60, 2)));
  EXPECT_EQ(forwarder.on_the_way(), 0U);
  EXPECT_EQ(forwarder.last_arrival_ns(), now);
  EXPECT_EQ(forwarder.next_due_ns(), std::nullopt);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 0U);
}

TEST_F(ForwarderTest, RecordsAndCountsWhatTheLinkLoses) {
  forwarder.set_condition({.loss_ppm = 1'000'000, .seed = 7});
  guest_sends(streamed(frame_of(60, 1)));
  gateway_sends(frame_of(60, 2));
  turns(2);
  EXPECT_THAT(at_tap(), IsEmpty());
  EXPECT_THAT(at_guest(), IsEmpty());
  ASSERT_EQ(memory.entries.size(), 2U);
  EXPECT_THAT(memory.entries[0].comment, HasSubstr("lost by the link's condition"));
  EXPECT_THAT(memory.entries[1].comment, HasSubstr("lost by the link's condition"));
  EXPECT_EQ(forwarder.totals().sent_frames, 1U);
  EXPECT_EQ(forwarder.totals().undelivered_frames, 2U);
}

TEST_F(ForwarderTest, LetsNothingOvertakeWhenTheLinkIsMended) {
  forwarder.set_condition({.delay_ns = 200 * kMillisecond});
  guest_sends(streamed(frame_of(60, 1)));
  turn();
  forwarder.set_condition({});
  guest_sends(streamed(frame_of(60, 2)));
  turns(2);
  EXPECT_THAT(at_tap(), IsEmpty());
  now += 200 * kMillisecond;
  turn();
  EXPECT_EQ(at_tap(), frame_of(60, 1));
  EXPECT_EQ(at_tap(), frame_of(60, 2));
  guest_sends(streamed(frame_of(60, 3)));
  turn();
  EXPECT_EQ(at_tap(), frame_of(60, 3));
}

TEST_F(ForwarderTest, CountsWhatIsOnItsWayWhenItEndsOrTheCableIsPulled) {
  forwarder.set_condition({.delay_ns = kMillisecond});
  guest_sends(streamed(frame_of(60, 1)));
  gateway_sends(frame_of(60, 2));
  turns(2);
  forwarder.set_link(false);
  now += kMillisecond;
  turn();
  EXPECT_EQ(at_tap(), frame_of(60, 1)) << "it had left the guest's card before";
  EXPECT_THAT(at_guest(), IsEmpty());
  EXPECT_EQ(forwarder.totals().undelivered_frames, 1U);
  forwarder.set_link(true);
  guest_sends(streamed(frame_of(60, 3)));
  turn();
  forwarder.give_up();
  EXPECT_EQ(forwarder.totals().undelivered_frames, 2U);
}

TEST_F(ForwarderTest, CountsWhatItGivesUp) {
  const int small = 4096;
  ::setsockopt(tap.first.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  for (unsigned i = 0; i < 50; ++i) guest_sends(streamed(frame_of(1000, i)));
  turn();
  ASSERT_FALSE(forwarder.from_guest_empty());
  forwarder.give_up();
  std::uint64_t delivered = 0;
  while (!at_tap().empty()) ++delivered;
  EXPECT_EQ(forwarder.totals().undelivered_frames, 50 - delivered);
}

}  // namespace
}  // namespace candor::wire
