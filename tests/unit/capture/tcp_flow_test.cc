// SPDX-License-Identifier: Apache-2.0
#include "capture/tcp_flow.h"

#include <gtest/gtest.h>

#include <random>

namespace candor::capture {
namespace {

/// A flow of known content; add() sends the bytes [from, to) of it from `first` on.
class TcpFlowTest : public testing::Test {
 protected:
  void begin(std::uint32_t first) {
    first_ = first;
    flow_.add({.sequence = first_ - 1, .syn = true});
  }
  TcpFlow::Split add(std::size_t from, std::size_t to, bool fin = false) {
    return flow_.add({.sequence = first_ + static_cast<std::uint32_t>(from),
                      .fin = fin,
                      .payload = ByteView(content_).subspan(from, to - from)});
  }
  static Bytes pattern(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    return bytes;
  }

  Bytes content_ = pattern(100'000);
  TcpFlow flow_;
  std::uint32_t first_ = 1000;
};

void expect(const TcpFlow::Split& split, std::uint64_t fresh, std::uint64_t repeated,
            std::uint64_t doubtful) {
  EXPECT_EQ(split.fresh, fresh);
  EXPECT_EQ(split.repeated, repeated);
  EXPECT_EQ(split.doubtful, doubtful);
}

TEST_F(TcpFlowTest, CountsEachByteOnce) {
  begin(1000);
  expect(add(0, 100), 100, 0, 0);
  expect(add(100, 200), 100, 0, 0);
  expect(add(0, 200), 0, 200, 0);
  expect(add(150, 250), 50, 50, 0);
}

TEST_F(TcpFlowTest, FillsHolesInAnyOrder) {
  begin(1000);
  expect(add(300, 400), 100, 0, 0);
  expect(add(100, 200), 100, 0, 0);
  expect(add(50, 450), 200, 200, 0);
  expect(add(0, 450), 50, 400, 0);
}

TEST_F(TcpFlowTest, FollowsSequenceNumbersAcrossTheirEnd) {
  begin(0xffffff00);
  expect(add(0, 200), 200, 0, 0);
  expect(add(200, 400), 200, 0, 0);
  expect(add(100, 500), 100, 300, 0);
}

TEST_F(TcpFlowTest, CountsMoreThanTheSequenceSpace) {
  begin(1);
  const Bytes large(1U << 20);
  std::uint64_t fresh = 0;
  for (std::uint32_t i = 0; i < 5000; ++i)
    fresh += flow_.add({.sequence = 1 + (i << 20U), .payload = large}).fresh;
  EXPECT_EQ(fresh, std::uint64_t{5000} << 20U);
}

TEST_F(TcpFlowTest, DoubtsARepetitionWithOtherBytes) {
  begin(1000);
  add(0, 100);
  const Bytes other(100, 0xee);
  expect(flow_.add({.sequence = 1000, .payload = other}), 0, 0, 100);
}

TEST_F(TcpFlowTest, DoubtsARepetitionOfWhatItForgot) {
  begin(1000);
  add(0, 100);
  add(100, 200);
  flow_.forget_lowest();
  expect(add(0, 200), 0, 100, 100);
}

TEST_F(TcpFlowTest, SynAndFinTakeANumberAndKeepAlivesAreDoubted) {
  begin(1000);
  expect(flow_.add({.sequence = 999, .payload = ByteView(content_).first(1)}), 0, 0, 1);
  expect(add(0, 100, true), 100, 0, 0);
  expect(flow_.add({.sequence = 1100, .payload = ByteView(content_).first(1)}), 0, 0, 1);
  expect(flow_.add({.sequence = 1101, .fin = true}), 0, 0, 0);
}

TEST_F(TcpFlowTest, ANewConnectionOnTheSamePortsBeginsAnew) {
  begin(1000);
  add(0, 100);
  flow_.add({.sequence = 999, .syn = true});
  expect(add(0, 100), 0, 100, 0);
  begin(5'000'000);
  expect(add(0, 100), 100, 0, 0);
}

TEST_F(TcpFlowTest, CountsAConnectionWhoseBeginningWasNotSeen) {
  first_ = 0xfffffff0;
  expect(add(0, 100), 100, 0, 0);
  expect(add(0, 120), 20, 100, 0);
}

TEST_F(TcpFlowTest, DoubtsWhatComesAfterTooManyHoles) {
  begin(1000);
  std::uint64_t doubtful = 0;
  for (std::size_t i = 0; i < 5000; ++i) doubtful += add(2 * i + 1, 2 * i + 2).doubtful;
  EXPECT_GT(doubtful, 0U);
  EXPECT_LE(flow_.kept(), 4096U);
}

TEST_F(TcpFlowTest, CutAnyWayTheFreshBytesAreTheContent) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    flow_ = {};
    begin(static_cast<std::uint32_t>(random()));
    std::vector<bool> sent(2000);
    std::uint64_t fresh = 0;
    for (int i = 0; i < 200; ++i) {
      const std::size_t from = random() % 2000;
      const std::size_t to = std::min<std::size_t>(2000, from + random() % 100);
      const TcpFlow::Split split = add(from, to);
      EXPECT_EQ(split.fresh + split.repeated, to - from);
      fresh += split.fresh;
      std::fill(sent.begin() + static_cast<std::ptrdiff_t>(from),
                sent.begin() + static_cast<std::ptrdiff_t>(to), true);
    }
    EXPECT_EQ(fresh, static_cast<std::uint64_t>(std::count(sent.begin(), sent.end(), true)));
  }
}

}  // namespace
}  // namespace candor::capture
