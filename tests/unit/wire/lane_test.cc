// SPDX-License-Identifier: Apache-2.0
#include "wire/lane.h"

#include <gtest/gtest.h>

#include <vector>

namespace candor::wire {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::vector<int> lost_of(std::uint64_t seed, Direction direction, std::uint32_t loss_ppm, int frames) {
  Lane lane(direction);
  lane.set({.loss_ppm = loss_ppm, .seed = seed});
  std::vector<int> lost;
  for (int i = 0; i < frames; ++i)
    if (lane.decide(100, 0).fate == Lane::Fate::lost) lost.push_back(i);
  return lost;
}

TEST(Lane, IsOpenUntilAConditionIsSet) {
  Lane lane(Direction::from_guest);
  EXPECT_TRUE(lane.open());
  lane.set({.delay_ns = 1});
  EXPECT_FALSE(lane.open());
  lane.set({.seed = 9});
  EXPECT_TRUE(lane.open());
}

TEST(Lane, LosesTheSameFramesForTheSameSeedAndOthersForAnother) {
  const auto lost = lost_of(7, Direction::from_guest, 50'000, 10'000);
  EXPECT_EQ(lost, lost_of(7, Direction::from_guest, 50'000, 10'000));
  EXPECT_NE(lost, lost_of(8, Direction::from_guest, 50'000, 10'000));
  EXPECT_NE(lost, lost_of(7, Direction::to_guest, 50'000, 10'000));
  EXPECT_NEAR(static_cast<double>(lost.size()), 500, 100);
  EXPECT_EQ(lost_of(7, Direction::from_guest, 1'000'000, 100).size(), 100U);
}

TEST(Lane, SendsFramesOneAfterTheOtherAtItsRate) {
  Lane lane(Direction::from_guest);
  lane.set({.delay_ns = kSecond / 2, .rate_bit_s = 8000});
  EXPECT_EQ(lane.decide(100, kSecond).due_ns, kSecond + kSecond / 10 + kSecond / 2);
  EXPECT_EQ(lane.decide(100, kSecond).due_ns, kSecond + kSecond / 5 + kSecond / 2);
  EXPECT_EQ(lane.decide(100, 9 * kSecond).due_ns, 9 * kSecond + kSecond / 10 + kSecond / 2) << "it was idle";
}

TEST(Lane, LosesWhatFindsTooMuchBeforeIt) {
  Lane lane(Direction::from_guest);
  lane.set({.rate_bit_s = 8000});
  const Bytes frame(1000);
  int carried = 0;
  for (; lane.decide(frame.size(), 0).fate == Lane::Fate::carried; ++carried) lane.hold(frame, 0);
  EXPECT_EQ(carried, 3) << "one is sent each second; more than two seconds may not wait";
  EXPECT_EQ(lane.decide(frame.size(), 0).fate, Lane::Fate::queue_full);
  EXPECT_EQ(lane.decide(frame.size(), 2 * kSecond).fate, Lane::Fate::carried);
}

TEST(Lane, HoldsABoundedNumberOfBytes) {
  Lane lane(Direction::from_guest);
  lane.set({.delay_ns = 60 * kSecond});
  const Bytes frame(60'000);
  while (lane.decide(frame.size(), 0).fate == Lane::Fate::carried) lane.hold(frame, 60 * kSecond);
  EXPECT_EQ(lane.holds(), Lane::kMostHeld / frame.size());
}

}  // namespace
}  // namespace candor::wire
