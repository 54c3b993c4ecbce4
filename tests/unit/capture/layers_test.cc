// SPDX-License-Identifier: Apache-2.0
#include "capture/layers.h"

#include <gtest/gtest.h>

#include "capture/fragments.h"
#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;

const Bytes kWord = to_bytes("the word");

/// What stands in `bytes` must outlive the layers, so each test keeps it.
std::string payload(const Layers& layers) { return std::string(as_text(layers.payload)); }

TEST(Layers, FindTheSamePayloadBehindEveryLinkType) {
  const Bytes packet = ipv4(17, udp(1000, 2000, kWord));
  const Bytes packet6 = ipv6(17, udp(1000, 2000, kWord));
  const auto expect = [](std::uint32_t link, const Bytes& bytes) {
    const Layers layers = take_apart(link, bytes);
    EXPECT_EQ(layers.channel, "udp") << link;
    EXPECT_EQ(payload(layers), "the word") << link;
    EXPECT_TRUE(layers.link_known);
    EXPECT_TRUE(layers.aside.empty());
  };
  expect(1, ethernet(0x0800, packet));
  expect(1, ethernet(0x86dd, packet6));
  expect(1, ethernet(0x8100, u16(5) + u16(0x0800) + packet));
  expect(1, ethernet(0x88a8, u16(5) + u16(0x8100) + u16(6) + u16(0x86dd) + packet6));
  for (const std::uint32_t link : {12U, 14U, 101U, 228U}) expect(link, packet);
  for (const std::uint32_t link : {12U, 101U, 229U}) expect(link, packet6);
  expect(0, CaptureBuilder::le32(2) + packet);
  expect(108, u32(30) + packet6);
  expect(113, zeros(14) + u16(0x0800) + packet);
  expect(276, u16(0x86dd) + zeros(18) + packet6);
}

TEST(Layers, OfAnUnknownLinkArePayloadAndSaySo) {
  const Layers layers = take_apart(105, kWord);
  EXPECT_FALSE(layers.link_known);
  EXPECT_EQ(layers.channel, "link type 105");
  EXPECT_EQ(payload(layers), "the word");
}

TEST(Layers, AreFollowedThroughTunnels) {
  const Bytes inner = ipv4(17, udp(1, 2, kWord), "10.0.0.1", "10.0.0.2");
  const Bytes frame = ethernet(0x0800, inner);
  for (const Bytes& packet :
       {ipv4(4, inner), ipv6(4, inner), ipv4(47, u16(0) + u16(0x0800) + inner),
        ipv4(47, u16(0xb000) + u16(0x0800) + zeros(12) + inner), ipv4(47, u16(0) + u16(0x6558) + frame),
        ipv4(17, udp(5000, 4789, Bytes{8, 0, 0, 0, 0, 0, 7, 0} + frame))}) {
    const Layers layers = take_apart(101, packet);
    EXPECT_EQ(payload(layers), "the word");
    EXPECT_EQ(layers.place, "10.0.0.1:1 > 10.0.0.2:2");
  }
}

TEST(Layers, AreFollowedThroughExtensionHeaders) {
  const Bytes segment = tcp(1, 2, 100, kAck, kWord);
  const Bytes options = Bytes{0, 0, 1, 4, 0, 0, 0, 0};
  const Bytes packet = ipv6(0, Bytes{60, 0, 1, 4, 0, 0, 0, 0} + Bytes{43, 0, 1, 4, 0, 0, 0, 0} +
                                   Bytes{6, 0, 4, 0, 0, 0, 0, 0} + segment);
  const Layers layers = take_apart(101, packet);
  ASSERT_TRUE(layers.tcp);
  EXPECT_EQ(as_text(layers.tcp->payload), "the word");
  // A datagram that is whole, behind a fragment header (RFC 6946).
  EXPECT_EQ(payload(take_apart(101, ipv6(44, Bytes{6, 0, 0, 0, 0, 0, 0, 9} + segment))), "the word");
}

TEST(Layers, CountWhatWasCutAndUseTheRest) {
  Bytes packet = ipv4(6, tcp(1, 2, 100, kAck, to_bytes("the word that was cut off")));
  packet.resize(packet.size() - 17);
  const Layers layers = take_apart(101, packet);
  ASSERT_TRUE(layers.tcp);
  EXPECT_EQ(as_text(layers.tcp->payload), "the word");
  EXPECT_EQ(layers.tcp->cut, 17U);
}

TEST(Layers, TakeALengthOfZeroForAllThereIs) {
  Bytes packet = ipv4(6, tcp(1, 2, 100, kAck, kWord));
  packet[2] = packet[3] = 0;
  EXPECT_EQ(payload(take_apart(101, packet)), "the word");
}

TEST(Layers, ShowTrailersAndOptionsThatHoldSomething) {
  const Bytes packet = ethernet(0x0800, ipv4(17, udp(1, 2, kWord)) + to_bytes("behind the end"));
  const Layers layers = take_apart(1, packet);
  ASSERT_EQ(layers.aside.size(), 1U);
  EXPECT_EQ(as_text(layers.aside[0]), "behind the end");
  const Bytes padded = ethernet(0x0800, ipv4(17, udp(1, 2, kWord)) + zeros(10));
  EXPECT_TRUE(take_apart(1, padded).aside.empty());
  const Bytes with_options = ipv4(6, tcp(1, 2, 3, kAck, kWord, to_bytes("\xfd\x08hidden")));
  ASSERT_EQ(take_apart(101, with_options).aside.size(), 1U);
}

TEST(Layers, StopAtTunnelsInTunnelsWithoutEnd) {
  Bytes packet = ipv4(17, udp(1, 2, kWord));
  for (int i = 0; i < 100; ++i) packet = ipv4(4, packet);
  const Layers layers = take_apart(101, packet);
  EXPECT_NE(std::string(as_text(layers.payload)).find("the word"), std::string::npos);
}

TEST(Layers, OfAnyPrefixLieInsideIt) {
  const Bytes whole = ethernet(
      0x8100, u16(1) + u16(0x86dd) + ipv6(0, Bytes{17, 0, 1, 4, 0, 0, 0, 0} + udp(1, 4789, zeros(40))));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const Layers layers = take_apart(1, cut);
    if (layers.payload.empty()) continue;
    EXPECT_EQ(layers.payload.data() + layers.payload.size(), cut.data() + cut.size());
  }
}

/// Fragments of one datagram that holds `kText` behind a UDP header.
class FragmentsTest : public testing::Test {
 protected:
  static Fragment of(ByteView datagram, std::uint32_t from, std::size_t to) {
    return {.source = {},
            .destination = {},
            .id = 7,
            .protocol = 17,
            .offset = from,
            .more = to < datagram.size(),
            .payload = datagram.subspan(from, to - from)};
  }
  std::vector<FragmentStore::Datagram> add(std::uint32_t from, std::size_t to, bool cut = false) {
    return store_.add(of(datagram_, from, to), cut, ++frame_);
  }
  Bytes datagram_ = udp(1, 2, to_bytes("a text that is as long as three fragments"));
  FragmentStore store_;
  std::uint64_t frame_ = 0;
};

TEST_F(FragmentsTest, ArePutTogetherInAnyOrder) {
  EXPECT_TRUE(add(32, datagram_.size()).empty());
  EXPECT_TRUE(add(0, 16).empty());
  const auto done = add(16, 32);
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].whole, datagram_);
  EXPECT_FALSE(done[0].contradictory);
  const Layers layers = take_apart_datagram(done[0].first, *done[0].whole);
  EXPECT_EQ(as_text(layers.payload), "a text that is as long as three fragments");
}

TEST_F(FragmentsTest, ThatOverlapAndDifferSaySoAndTheFirstCounts) {
  const Bytes other(32, 'x');
  (void)add(0, 16);
  (void)store_.add(of(other, 8, 24), false, 9);
  const auto done = add(8, datagram_.size());
  ASSERT_EQ(done.size(), 1U);
  EXPECT_TRUE(done[0].contradictory);
  ASSERT_TRUE(done[0].whole);
  EXPECT_EQ(as_text(*done[0].whole).substr(8, 8), "a text t");
  EXPECT_EQ(as_text(*done[0].whole).substr(16, 8), "xxxxxxxx");
  EXPECT_EQ(done[0].parts.size(), 3U);
}

TEST_F(FragmentsTest, ThatAreMissingOrCutGiveNoDatagram) {
  EXPECT_TRUE(add(0, 16).empty());
  EXPECT_TRUE(add(32, datagram_.size()).empty());
  auto left = store_.finish();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_FALSE(left[0].whole);
  EXPECT_EQ(left[0].parts.size(), 2U);
  EXPECT_TRUE(add(0, 16, true).empty());
  EXPECT_TRUE(add(16, datagram_.size()).empty());
  EXPECT_FALSE(store_.finish()[0].whole);
}

TEST_F(FragmentsTest, OfTooManyDatagramsGiveUpTheOldest) {
  std::size_t given_up = 0;
  for (std::uint32_t id = 0; id < 2000; ++id) {
    Fragment fragment = of(datagram_, 0, 16);
    fragment.id = id;
    given_up += store_.add(fragment, false, id).size();
  }
  EXPECT_EQ(given_up, 2000U - 1024U);
  EXPECT_EQ(store_.finish().size(), 1024U);
}

}  // namespace
}  // namespace candor::capture
