// SPDX-License-Identifier: Apache-2.0
#include "capture/tcp_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace candor::capture {
namespace {

std::string text_of(const Run& run) {
  std::string text;
  for (const Piece& piece : run) text += as_text(piece.bytes);
  return text;
}

/// A stream of known content; add() gives it the bytes [from, to).
class TcpStreamTest : public testing::Test {
 protected:
  void begin(std::uint32_t first) {
    first_ = first;
    (void)stream_.add({.sequence = first - 1, .syn = true}, 1);
  }
  TcpStream::Use add(std::size_t from, std::size_t to) {
    return stream_.add({.sequence = first_ + static_cast<std::uint32_t>(from),
                        .payload = as_bytes(content_).subspan(from, to - from)},
                       ++frame_);
  }
  std::vector<std::string> runs() const {
    std::vector<std::string> texts;
    for (const capture::Run& run : stream_.runs()) texts.push_back(text_of(run));
    return texts;
  }
  static std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 26) % 26);
    return text;
  }
  std::string content_ = pattern(4000);
  TcpStream stream_;
  std::uint32_t first_ = 1000;
  std::uint64_t frame_ = 1;
};

TEST_F(TcpStreamTest, JoinsSegmentsInAnyOrder) {
  begin(1000);
  EXPECT_EQ(add(2000, 4000), TcpStream::Use::placed);
  EXPECT_EQ(add(0, 1000), TcpStream::Use::placed);
  EXPECT_EQ(add(500, 2500), TcpStream::Use::placed);
  EXPECT_EQ(runs(), std::vector{content_});
  EXPECT_TRUE(stream_.holes().empty());
  EXPECT_TRUE(stream_.saw_begin());
}

TEST_F(TcpStreamTest, NeverSplicesAHole) {
  begin(1000);
  add(10, 1460);
  add(1477, 2000);
  EXPECT_EQ(runs(), (std::vector{content_.substr(10, 1450), content_.substr(1477, 523)}));
  const auto holes = stream_.holes();
  ASSERT_EQ(holes.size(), 2U);
  EXPECT_EQ(holes[0].at, 0U);
  EXPECT_EQ(holes[0].size, 10U);
  EXPECT_EQ(holes[1].at, 1460U);
  EXPECT_EQ(holes[1].size, 17U);
  EXPECT_EQ(stream_.runs()[1][0].at, 1477U);
}

TEST_F(TcpStreamTest, CountsAcrossTheEndOfSequenceNumbers) {
  begin(0xfffffff0);
  for (std::size_t at = 0; at < 4000; at += 100) add(at, at + 100);
  EXPECT_EQ(runs(), std::vector{content_});
}

TEST_F(TcpStreamTest, KeepsTheFirstOfTwoVersionsAndTheOtherBeside) {
  begin(1000);
  add(0, 100);
  const std::string other(20, '!');
  EXPECT_EQ(stream_.add({.sequence = 1090, .payload = as_bytes(other)}, 5), TcpStream::Use::differs);
  EXPECT_EQ(runs(), std::vector{content_.substr(0, 100) + std::string(10, '!')});
  const capture::Run differing = stream_.differing();
  ASSERT_EQ(differing.size(), 1U);
  EXPECT_EQ(differing[0].at, 90U);
  EXPECT_EQ(differing[0].bytes.size(), 10U);
  EXPECT_EQ(differing[0].frame, 5U);
}

TEST_F(TcpStreamTest, BeginsAtTheLowestByteSeenWithoutASyn) {
  first_ = 0xffffff00;
  add(1000, 2000);
  add(500, 1000);
  EXPECT_EQ(runs(), std::vector{content_.substr(500, 1500)});
  EXPECT_EQ(stream_.runs()[0][0].at, 0U);
  EXPECT_FALSE(stream_.saw_begin());
}

TEST_F(TcpStreamTest, TakesASynThatWasOvertakenForItsOwn) {
  add(0, 100);
  const Segment syn{.sequence = 999, .syn = true};
  EXPECT_FALSE(stream_.begins_anew(syn));
  (void)stream_.add(syn, 9);
  EXPECT_TRUE(stream_.saw_begin());
  EXPECT_EQ(runs(), std::vector{content_.substr(0, 100)});
  EXPECT_FALSE(stream_.begins_anew(syn));
  EXPECT_TRUE(stream_.begins_anew({.sequence = 5'000'000, .syn = true}));
}

TEST_F(TcpStreamTest, ReportsWhatWasAcknowledgedAndNotSeen) {
  begin(1000);
  add(0, 100);
  stream_.acknowledged(1101, false);  // one more may be the FIN
  EXPECT_TRUE(stream_.holes().empty());
  stream_.acknowledged(1150, false);
  ASSERT_EQ(stream_.holes().size(), 1U);
  EXPECT_EQ(stream_.holes()[0].at, 100U);
  EXPECT_EQ(stream_.holes()[0].size, 50U);
}

TEST_F(TcpStreamTest, KnowsFromAcknowledgementsAloneThatBytesAreMissing) {
  stream_.acknowledged(1000, true);
  EXPECT_TRUE(stream_.saw_begin());
  stream_.acknowledged(3000, false);
  EXPECT_TRUE(stream_.empty());
  ASSERT_EQ(stream_.holes().size(), 1U);
  EXPECT_EQ(stream_.holes()[0].size, 2000U);
}

TEST_F(TcpStreamTest, LeavesAHoleForWhatWasCutOffAPacket) {
  begin(1000);
  (void)stream_.add({.sequence = 1000, .payload = as_bytes(content_).first(54), .cut = 1400}, 2);
  add(1454, 1500);
  ASSERT_EQ(stream_.holes().size(), 1U);
  EXPECT_EQ(stream_.holes()[0].at, 54U);
  EXPECT_EQ(stream_.holes()[0].size, 1400U);
}

TEST_F(TcpStreamTest, GoesOnBehindTheTailItKept) {
  begin(1000);
  add(0, 1000);
  add(1000, 2000);
  stream_.forget(100);
  EXPECT_EQ(stream_.held(), 1U);
  add(2000, 3000);
  EXPECT_EQ(runs(), std::vector{content_.substr(1900, 1100)});
  EXPECT_EQ(stream_.runs()[0][0].at, 1900U);
  EXPECT_EQ(add(0, 1000), TcpStream::Use::outside);
  EXPECT_EQ(add(1950, 2050), TcpStream::Use::placed);
  EXPECT_TRUE(stream_.holes().empty());
}

TEST_F(TcpStreamTest, PutsWhatLiesBeforeItsBeginOutside) {
  begin(1000);
  EXPECT_EQ(stream_.add({.sequence = 990, .payload = as_bytes(content_).first(5)}, 2),
            TcpStream::Use::outside);
  EXPECT_TRUE(stream_.empty());
}

TEST_F(TcpStreamTest, IsTheContentHoweverItWasCutAndShuffled) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    stream_ = {};
    begin(static_cast<std::uint32_t>(random()));
    std::vector<std::pair<std::size_t, std::size_t>> cuts;
    for (std::size_t at = 0; at < content_.size();) {
      const std::size_t size = std::min<std::size_t>(content_.size() - at, 1 + random() % 200);
      const std::size_t back = std::min<std::size_t>(at, random() % 50);
      cuts.emplace_back(at - back, at + size);
      at += size;
    }
    std::shuffle(cuts.begin(), cuts.end(), random);
    for (const auto& [from, to] : cuts) EXPECT_EQ(add(from, to), TcpStream::Use::placed);
    EXPECT_EQ(runs(), std::vector{content_});
  }
}

}  // namespace
}  // namespace candor::capture
