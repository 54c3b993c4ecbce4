// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_file.h"

#include <gtest/gtest.h>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;

Bytes number(std::uint32_t value, bool big_endian) {
  return big_endian ? u32(value) : CaptureBuilder::le32(value);
}

/// A pcap file of one packet "abcd", 1 second and 5 units after the epoch.
Bytes pcap(std::uint32_t magic, bool big_endian, const Bytes& record_end = {}) {
  const auto n = [&](std::uint32_t value) { return number(value, big_endian); };
  const Bytes version = big_endian ? u16(2) + u16(4) : CaptureBuilder::le16(2) + CaptureBuilder::le16(4);
  return n(magic) + version + n(0) + n(0) + n(65535) + n(101) + n(1) + n(5) + n(4) + n(9) + record_end +
         to_bytes("abcd");
}

std::vector<Packet> read_all(const Bytes& file, std::string& problem) {
  CaptureReader reader(file);
  std::vector<Packet> packets;
  while (const auto packet = reader.next()) packets.push_back(*packet);
  problem = reader.problem();
  return packets;
}

TEST(CaptureFile, IsKnownByItsMagicAlone) {
  EXPECT_EQ(capture_format(pcap(0xa1b2c3d4, false)), CaptureFormat::pcap);
  EXPECT_EQ(capture_format(pcap(0xa1b23c4d, true)), CaptureFormat::pcap);
  EXPECT_EQ(capture_format(CaptureBuilder().bytes()), CaptureFormat::pcapng);
  EXPECT_EQ(capture_format(to_bytes("\n\r\r\n and then some text")), CaptureFormat::none);
  EXPECT_EQ(capture_format(to_bytes("pcap")), CaptureFormat::none);
  EXPECT_EQ(capture_format({}), CaptureFormat::none);
}

TEST(CaptureFile, ReadsPcapInBothByteOrdersAndUnits) {
  for (const bool big_endian : {false, true}) {
    for (const std::uint32_t magic : {0xa1b2c3d4U, 0xa1b23c4dU, 0xa1b2cd34U}) {
      const Bytes file = pcap(magic, big_endian, magic == 0xa1b2cd34U ? zeros(8) : Bytes{});
      std::string problem;
      const auto packets = read_all(file, problem);
      EXPECT_EQ(problem, "");
      ASSERT_EQ(packets.size(), 1U);
      EXPECT_EQ(as_text(packets[0].bytes), "abcd");
      EXPECT_EQ(packets[0].link, 101U);
      EXPECT_EQ(packets[0].wall_ns, 1'000'000'000 + (magic == 0xa1b23c4dU ? 5 : 5'000));
      EXPECT_TRUE(packets[0].cut);
    }
  }
}

TEST(CaptureFile, KeepsWhatThereIsOfAPacketThatBreaksOff) {
  Bytes file = pcap(0xa1b2c3d4, false);
  const Bytes second = pcap(0xa1b2c3d4, false);
  file.insert(file.end(), second.begin() + 24, second.end() - 1);
  std::string problem;
  const auto packets = read_all(file, problem);
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(as_text(packets[1].bytes), "abc");
  EXPECT_EQ(problem, "the capture breaks off inside a packet of 4 bytes at byte 44 of 63");
}

TEST(CaptureFile, SaysWhereAHeaderBreaksOffOrIsImpossible) {
  std::string problem;
  const Bytes whole = pcap(0xa1b2c3d4, false);
  read_all(Bytes(whole.begin(), whole.begin() + 20), problem);
  EXPECT_EQ(problem, "the capture breaks off inside its header at byte 0 of 20");
  read_all(Bytes(whole.begin(), whole.begin() + 30), problem);
  EXPECT_EQ(problem, "the capture breaks off inside a packet's header at byte 24 of 30");
  Bytes huge = whole;
  huge[24 + 8 + 3] = 0x7f;
  read_all(huge, problem);
  EXPECT_EQ(problem.substr(0, 30), "a packet of 2130706436 bytes, ");
}

TEST(CaptureFile, ReadsPacketsOfAllKindsPcapngHas) {
  const auto le16 = CaptureBuilder::le16;
  const auto le32 = CaptureBuilder::le32;
  const Bytes obsolete =
      le16(0) + le16(3) + le32(0) + le32(7) + le32(3) + le32(3) + to_bytes("old") + zeros(1);
  CaptureBuilder capture;
  capture.block(3, le32(4) + to_bytes("plus")).block(2, obsolete).sent(to_bytes("new"));
  std::string problem;
  const auto packets = read_all(capture.bytes(), problem);
  EXPECT_EQ(problem, "");
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(as_text(packets[0].bytes), "plus");
  EXPECT_EQ(as_text(packets[1].bytes), "old");
  EXPECT_EQ(as_text(packets[2].bytes), "new");
  EXPECT_EQ(packets[2].number, 3U);
}

TEST(CaptureFile, ReadsSectionsAndInterfacesOfTheirOwnKinds) {
  const auto le16 = CaptureBuilder::le16;
  const auto le32 = CaptureBuilder::le32;
  // Units of 2^-10 seconds; an interface of raw IP in the second section.
  CaptureBuilder second;
  second.block(1, le16(101) + le16(0) + le32(0) + le16(9) + le16(1) + Bytes{0x8a, 0, 0, 0} + le32(0));
  second.block(6, le32(1) + le32(0) + le32(1536) + le32(2) + le32(2) + to_bytes("ip") + zeros(2));
  std::string problem;
  const Bytes file = CaptureBuilder().sent(to_bytes("one")).bytes() + second.bytes();
  const auto packets = read_all(file, problem);
  EXPECT_EQ(problem, "");
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].link, kLinkEthernet);
  EXPECT_EQ(packets[1].link, 101U);
  EXPECT_EQ(packets[1].wall_ns, 1'500'000'000);
}

}  // namespace
}  // namespace candor::capture
