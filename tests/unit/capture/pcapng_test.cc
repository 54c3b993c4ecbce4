// SPDX-License-Identifier: Apache-2.0
#include "capture/pcapng.h"

#include <gtest/gtest.h>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;

std::vector<Packet> read_all(const Bytes& file, std::string& problem) {
  PacketReader reader(file);
  std::vector<Packet> packets;
  while (const auto packet = reader.next()) packets.push_back(*packet);
  problem = reader.problem();
  return packets;
}

std::string problem_of(const Bytes& file) {
  std::string problem;
  read_all(file, problem);
  return problem;
}

TEST(Pcapng, ReadsPacketsWithTheirTimeAndDirection) {
  std::string problem;
  const CaptureBuilder capture = CaptureBuilder().sent(zeros(61)).received(zeros(60)).packet(zeros(3), 0, 9);
  const auto packets = read_all(capture.bytes(), problem);
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(problem, "");
  EXPECT_EQ(packets[0].number, 1U);
  EXPECT_EQ(packets[0].wall_ns, 1'700'000'000'001'000'000);
  EXPECT_EQ(packets[0].direction, Direction::sent);
  EXPECT_EQ(packets[0].bytes.size(), 61U);
  EXPECT_TRUE(packets[0].ethernet());
  EXPECT_FALSE(packets[0].cut);
  EXPECT_EQ(packets[1].direction, Direction::received);
  EXPECT_EQ(packets[2].direction, Direction::unknown);
  EXPECT_EQ(packets[2].number, 3U);
  EXPECT_TRUE(packets[2].cut);
}

TEST(Pcapng, SkipsBlocksItDoesNotKnow) {
  std::string problem;
  const CaptureBuilder capture = CaptureBuilder().block(0x0a, zeros(16)).block(0x77, {}).sent(zeros(60));
  EXPECT_EQ(read_all(capture.bytes(), problem).size(), 1U);
  EXPECT_EQ(problem, "");
}

TEST(Pcapng, ReadsUpToATornTailAndSaysSo) {
  const Bytes whole = CaptureBuilder().sent(zeros(60)).sent(zeros(60)).bytes();
  const std::size_t second = CaptureBuilder().sent(zeros(60)).bytes().size();
  for (std::size_t size = second + 1; size < whole.size(); ++size) {
    std::string problem;
    const Bytes torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(read_all(torn, problem).size(), 1U);
    EXPECT_NE(problem.find("breaks off inside a block"), std::string::npos) << size;
  }
}

TEST(Pcapng, RefusesWhatIsNoCapture) {
  EXPECT_EQ(problem_of(zeros(100)), "no pcapng section begins at byte 0 of 100");
  EXPECT_EQ(problem_of(zeros(5)), "the capture breaks off inside a block at byte 0 of 5");
}

TEST(Pcapng, RefusesBlocksWithImpossibleLengths) {
  const Bytes good = CaptureBuilder().sent(zeros(60)).bytes();
  const std::size_t block = CaptureBuilder().bytes().size();
  for (const std::uint32_t length : {0U, 8U, 13U, 0x7fffffffU, 0xfffffffcU}) {
    Bytes bad = good;
    const Bytes number = CaptureBuilder::le32(length);
    std::copy(number.begin(), number.end(), bad.begin() + static_cast<std::ptrdiff_t>(block) + 4);
    EXPECT_NE(problem_of(bad), "") << length;
  }
  Bytes differing = good;
  differing.back() ^= 1U;
  EXPECT_EQ(problem_of(differing).substr(0, 33), "a block whose two lengths differ ");
}

TEST(Pcapng, RefusesPacketsItCannotPlace) {
  const auto le32 = CaptureBuilder::le32;
  const Bytes no_interface = CaptureBuilder().block(6, le32(7) + zeros(16)).bytes();
  EXPECT_EQ(problem_of(no_interface).substr(0, 39), "a packet of an interface never describe");
  const Bytes too_long = CaptureBuilder().block(6, le32(0) + zeros(8) + le32(5) + le32(5) + zeros(4)).bytes();
  EXPECT_EQ(problem_of(too_long).substr(0, 30), "a packet larger than its block");
  EXPECT_EQ(problem_of(CaptureBuilder().block(6, zeros(4)).bytes()).substr(0, 23), "a packet without a head");
  EXPECT_EQ(problem_of(CaptureBuilder().block(3, zeros(8)).bytes()).substr(0, 15), "a simple packet");
}

TEST(Pcapng, ReadsSectionsInTheOtherByteOrder) {
  const auto block = [](std::uint32_t type, const Bytes& body) {
    const auto length = static_cast<std::uint32_t>(12 + body.size());
    return u32(type) + u32(length) + body + u32(length);
  };
  const Bytes file = block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + Bytes(8, 0xff)) +
                     block(1, u16(1) + u16(0) + u32(0)) +
                     block(6, u32(0) + u32(0) + u32(5'000'000) + u32(4) + u32(4) + Bytes{1, 2, 3, 4} +
                                  u16(2) + u16(4) + u32(2) + u32(0));
  std::string problem;
  const auto packets = read_all(file, problem);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(problem, "");
  EXPECT_EQ(packets[0].wall_ns, 5'000'000'000);  // microseconds where nothing is said
  EXPECT_EQ(packets[0].direction, Direction::sent);
}

}  // namespace
}  // namespace candor::capture
