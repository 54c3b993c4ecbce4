// SPDX-License-Identifier: Apache-2.0
#include "capture/frame.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;

const Bytes kSecret = to_bytes("not-for-you");

/// Sizes of the parts in the order framing, dns, tcp, udp, known, other.
using Parts = std::array<std::uint64_t, kParts>;

struct Case {
  const char* claim;
  Bytes frame;
  Parts parts;
  const char* channel;
};

Bytes nd_solicitation(const Bytes& options) {
  return u8(135) + u8(0) + u16(0) + u32(0) + ip_bytes(kHost6) + options;
}
Bytes link_option() { return Bytes{1, 1, 2, 3, 4, 5, 6, 7}; }

Bytes dhcp_discover(const Bytes& options) {
  return Bytes{1, 1, 6, 0} + zeros(24) + Bytes{0x52, 0x54, 0, 0x77, 0, 2} + zeros(202) + u32(0x63825363) +
         options;
}
const Bytes kGuestMac{0x52, 0x54, 0, 0x77, 0, 2};
Bytes rarp(unsigned operation, const Bytes& sender, const Bytes& target, std::uint32_t address) {
  return u16(1) + u16(0x0800) + u8(6) + u8(4) + u16(operation) + sender + u32(address) + target + u32(0);
}
Bytes arp_request() { return u16(1) + u16(0x0800) + u8(6) + u8(4) + u16(1) + zeros(20); }

std::vector<Case> cases() {
  const Bytes ten = to_bytes("0123456789");
  const Bytes query = dns_query("a.example");
  const Bytes mdns = u32(0) + u16(1) + zeros(6) + u8(4) + to_bytes("host") + u8(5) + to_bytes("local") +
                     u8(0) + u16(12) + u16(0x8001);
  const Bytes edns_query = dns_query("a.example", edns(10, zeros(8)));
  const Bytes mld =
      u8(143) + u8(0) + u16(0) + u16(0) + u16(1) + u8(4) + u8(0) + u16(0) + ip_bytes("ff02::1:2");
  const Bytes igmp = u8(0x22) + u8(0) + u16(0) + u16(0) + u16(1) + u8(4) + u8(0) + u16(0) + u32(0xe0000001);
  const Bytes quoted = ipv4(17, udp(53, 4000, ten), kHost, kGuest);
  const Bytes unreachable = u8(3) + u8(3) + u16(0) + u32(0) + quoted;
  const Bytes hostname = Bytes{12, 4, 'h', 'o', 's', 't'};
  const Bytes alert{0x94, 4, 0, 0};
  return {
      {"a frame too short for a header is opaque", zeros(9), {0, 0, 0, 0, 0, 9}, "ethernet, cut short"},
      {"an unknown ethertype is opaque", ethernet(0x88b5, ten), {14, 0, 0, 0, 0, 10}, "ethernet 0x88b5"},
      {"an 802.3 length is opaque", ethernet(10, ten), {14, 0, 0, 0, 0, 10}, "ethernet 0x000a"},
      {"what is behind a tag is opaque",
       ethernet(0x8100, u16(5) + u16(0x0800) + ipv4(17, udp(1, 2, ten))),
       {14, 0, 0, 0, 0, 42},
       "vlan 5"},
      {"ARP is known", ethernet(0x0806, arp_request()), {14, 0, 0, 0, 28, 0}, "arp"},
      {"zeros that pad a frame are framing",
       ethernet(0x0806, arp_request() + zeros(18)),
       {32, 0, 0, 0, 28, 0},
       "arp"},
      {"padding that is not zero is opaque",
       ethernet(0x0806, arp_request() + ten),
       {14, 0, 0, 0, 28, 10},
       "arp"},
      {"an announcement by RARP is known",
       ethernet(0x8035, rarp(3, kGuestMac, kGuestMac, 0) + zeros(18)),
       {32, 0, 0, 0, 28, 0},
       "rarp"},
      {"for another hardware address it is opaque",
       ethernet(0x8035, rarp(3, kGuestMac, zeros(6), 0)),
       {14, 0, 0, 0, 0, 28},
       "rarp"},
      {"with an IP address it is too",
       ethernet(0x8035, rarp(3, kGuestMac, kGuestMac, 1)),
       {14, 0, 0, 0, 0, 28},
       "rarp"},
      {"an mDNS question says its labels",
       ethernet(0x0800, ipv4(17, udp(5353, 5353, mdns), kGuest, "224.0.0.251")),
       {42, 9, 0, 0, mdns.size() - 9, 0},
       "mdns"},
      {"one with a byte too many is only UDP",
       ethernet(0x0800, ipv4(17, udp(5353, 5353, mdns + u8(0)), kGuest, "224.0.0.251")),
       {42, 0, 0, mdns.size() + 1, 0, 0},
       "udp/5353"},
      {"ARP of other sizes is opaque",
       ethernet(0x0806, u16(1) + u16(0x0800) + u8(8) + zeros(23)),
       {14, 0, 0, 0, 0, 28},
       "arp"},
      {"a UDP payload is UDP's",
       ethernet(0x0800, ipv4(17, udp(4000, 9999, ten))),
       {42, 0, 0, 10, 0, 0},
       "udp/9999"},
      {"over IPv6 too", ethernet(0x86dd, ipv6(17, udp(4000, 9999, ten))), {62, 0, 0, 10, 0, 0}, "udp/9999"},
      {"bytes behind the UDP length are opaque",
       ethernet(0x0800, ipv4(17, udp(4000, 9999, ten) + kSecret)),
       {42, 0, 0, 10, 0, 11},
       "udp/9999"},
      {"bytes behind the IP length are opaque",
       ethernet(0x0800, ipv4(17, udp(4000, 9999, ten)) + kSecret),
       {42, 0, 0, 10, 0, 11},
       "udp/9999"},
      {"of a DNS query its labels are what it says",
       ethernet(0x0800, ipv4(17, udp(4000, 53, query))),
       {42, 8, 0, 0, query.size() - 8, 0},
       "dns"},
      {"its options are opaque",
       ethernet(0x0800, ipv4(17, udp(4000, 53, edns_query))),
       {42, 8, 0, 0, edns_query.size() - 16, 8},
       "dns"},
      {"what is no query on port 53 is only UDP",
       ethernet(0x0800, ipv4(17, udp(4000, 53, query + u8(0)))),
       {42, 0, 0, query.size() + 1, 0, 0},
       "udp/53"},
      {"a TCP payload is TCP's",
       ethernet(0x0800, ipv4(6, tcp(4000, 443, 1, kAck, ten))),
       {54, 0, 10, 0, 0, 0},
       ""},
      {"usual TCP options are framing",
       ethernet(0x0800, ipv4(6, tcp(4000, 443, 1, kSyn, {},
                                    Bytes{2, 4, 5, 0xb4, 4, 2, 8, 10} + zeros(8) + Bytes{1, 3, 3, 7}))),
       {74, 0, 0, 0, 0, 0},
       ""},
      {"other TCP options are opaque",
       ethernet(0x0800, ipv4(6, tcp(4000, 443, 1, kSyn, {}, Bytes{254, 8, 1, 2, 3, 4, 5, 6}))),
       {54, 0, 0, 0, 0, 8},
       ""},
      {"an IP option that Internet protocols need is framing",
       ethernet(0x0800, ipv4(2, igmp, kGuest, "224.0.0.22", {.options = alert})),
       {38, 0, 0, 0, 16, 0},
       "igmp"},
      {"other IP options are opaque",
       ethernet(0x0800, ipv4(17, udp(1, 9, ten), kGuest, kHost, {.options = {0x44, 8, 1, 2, 3, 4, 5, 6}})),
       {42, 0, 0, 10, 0, 8},
       "udp/9"},
      {"fragments are opaque",
       ethernet(0x0800, ipv4(17, udp(1, 9, ten), kGuest, kHost, {.fragment = 0x2000})),
       {34, 0, 0, 0, 0, 18},
       "ipv4 fragment"},
      {"the last one too",
       ethernet(0x0800, ipv4(17, ten, kGuest, kHost, {.fragment = 3})),
       {34, 0, 0, 0, 0, 10},
       "ipv4 fragment"},
      {"IPv6 fragments are opaque",
       ethernet(0x86dd, ipv6(44, Bytes{17, 0, 0, 1} + u32(9) + ten)),
       {62, 0, 0, 0, 0, 10},
       "ipv6 fragment"},
      {"the payload of an echo is opaque",
       ethernet(0x0800, ipv4(1, u8(8) + zeros(7) + ten)),
       {42, 0, 0, 0, 0, 10},
       "icmp"},
      {"so is that of ICMPv6",
       ethernet(0x86dd, ipv6(58, u8(128) + zeros(7) + ten)),
       {62, 0, 0, 0, 0, 10},
       "icmpv6"},
      {"of an ICMP error the quoted headers are known",
       ethernet(0x0800, ipv4(1, unreachable)),
       {34, 0, 0, 0, 36, 10},
       "icmp"},
      {"neighbour discovery is known",
       ethernet(0x86dd, ipv6(58, nd_solicitation(link_option()))),
       {54, 0, 0, 0, 32, 0},
       "icmpv6"},
      {"its other options are opaque",
       ethernet(0x86dd, ipv6(58, nd_solicitation(link_option() + u8(200) + u8(1) + zeros(6)))),
       {54, 0, 0, 0, 32, 8},
       "icmpv6"},
      {"MLDv2 behind a router alert is known",
       ethernet(0x86dd, ipv6(0, Bytes{58, 0, 5, 2, 0, 0, 1, 0} + mld)),
       {62, 0, 0, 0, 28, 0},
       "icmpv6"},
      {"other hop-by-hop options are opaque",
       ethernet(0x86dd, ipv6(0, Bytes{58, 0, 30, 4, 1, 2, 3, 4} + mld)),
       {56, 0, 0, 0, 28, 6},
       "icmpv6"},
      {"auxiliary data of MLDv2 is opaque",
       ethernet(0x86dd, ipv6(58, u8(143) + zeros(6) + u8(1) + u8(4) + u8(1) + u16(0) + ip_bytes("ff02::1:2") +
                                     u32(7))),
       {54, 0, 0, 0, 8, 24},
       "icmpv6"},
      {"a router advertisement is not for guests to send",
       ethernet(0x86dd, ipv6(58, u8(134) + zeros(15))),
       {54, 0, 0, 0, 0, 16},
       "icmpv6"},
      {"another IP protocol is opaque",
       ethernet(0x0800, ipv4(47, ten)),
       {34, 0, 0, 0, 0, 10},
       "ip protocol 47"},
      {"ICMP of the other version is opaque",
       ethernet(0x86dd, ipv6(1, ten)),
       {54, 0, 0, 0, 0, 10},
       "ip protocol 1"},
      {"a DHCP request is known",
       ethernet(0x0800, ipv4(17, udp(68, 67, dhcp_discover(Bytes{53, 1, 1} + hostname + Bytes{255, 0, 0})))),
       {42, 0, 0, 0, 252, 0},
       "dhcp"},
      {"its other options are opaque",
       ethernet(0x0800, ipv4(17, udp(68, 67, dhcp_discover(Bytes{224, 3, 'a', 'b', 'c', 255})))),
       {42, 0, 0, 0, 243, 3},
       "dhcp"},
      {"without its end it is only UDP",
       ethernet(0x0800, ipv4(17, udp(68, 67, dhcp_discover({53, 1, 1})))),
       {42, 0, 0, 243, 0, 0},
       "udp/67"},
      {"a DHCPv6 request is known",
       ethernet(0x86dd, ipv6(17, udp(546, 547, Bytes{1, 1, 2, 3} + u16(8) + u16(2) + u16(0)))),
       {62, 0, 0, 0, 10, 0},
       "dhcp"},
      {"a broken IPv4 header is opaque",
       ethernet(0x0800, u8(0x4f) + zeros(30)),
       {14, 0, 0, 0, 0, 31},
       "ipv4, malformed"},
      {"a broken IPv6 header is opaque",
       ethernet(0x86dd, u32(0x60000000) + u16(9) + zeros(34)),
       {14, 0, 0, 0, 0, 40},
       "ipv6, malformed"},
      {"a broken TCP header is opaque",
       ethernet(0x0800, ipv4(6, zeros(20))),
       {34, 0, 0, 0, 0, 20},
       "tcp, malformed"},
      {"a broken UDP header is opaque",
       ethernet(0x0800, ipv4(17, u32(1) + u16(7) + u16(0))),
       {34, 0, 0, 0, 0, 8},
       "udp, malformed"},
  };
}

std::uint64_t sum(const Parts& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0});
}

TEST(Frame, PutsEachByteIntoThePartItBelongsTo) {
  for (const Case& one : cases()) {
    const Dissection found = dissect(one.frame);
    EXPECT_EQ(found.bytes, one.parts) << one.claim;
    EXPECT_EQ(found.channel, one.channel) << one.claim;
    EXPECT_EQ(sum(found.bytes), one.frame.size()) << one.claim;
  }
}

TEST(Frame, SearchesAllThatIsOpaque) {
  for (const Case& one : cases()) {
    const Dissection found = dissect(one.frame);
    std::uint64_t searched = 0;
    for (const ByteView piece : found.search) searched += piece.size();
    EXPECT_GE(searched, found.of(Part::other) + found.of(Part::udp) + found.of(Part::dns)) << one.claim;
  }
}

TEST(Frame, ReadsWhatATcpSegmentSays) {
  const Dissection found =
      dissect(ethernet(0x86dd, ipv6(6, tcp(4000, 443, 0xdeadbeef, kAck | kFin, to_bytes("hello")))));
  ASSERT_TRUE(found.tcp);
  EXPECT_EQ(found.tcp->sequence, 0xdeadbeefU);
  EXPECT_TRUE(found.tcp->ack && found.tcp->fin && !found.tcp->syn);
  EXPECT_EQ(as_text(found.tcp->payload), "hello");
  EXPECT_EQ(to_endpoint(found.source).text(), "[fd00::15]:4000");
  EXPECT_EQ(to_endpoint(found.destination).text(), "[fd00::7]:443");
}

TEST(Frame, BoundsTheExtensionHeadersItFollows) {
  Bytes headers;
  for (int i = 0; i < 100; ++i) headers = headers + Bytes{0, 0, 1, 4, 0, 0, 0, 0};
  const Bytes frame = ethernet(0x86dd, ipv6(0, headers));
  const Dissection found = dissect(frame);
  EXPECT_EQ(found.channel, "ipv6, malformed");
  EXPECT_EQ(sum(found.bytes), frame.size());
  EXPECT_EQ(found.of(Part::other), 92U * 8);
}

TEST(Frame, AccountsForEveryByteOfCutAndDamagedFrames) {
  std::mt19937 random(7);
  for (const Case& one : cases()) {
    for (std::size_t size = 0; size <= one.frame.size(); ++size)
      EXPECT_EQ(sum(dissect(ByteView(one.frame).first(size)).bytes), size) << one.claim;
    for (int round = 0; round < 500; ++round) {
      Bytes frame = one.frame;
      frame.resize(random() % (2 * frame.size()) + 1);
      for (std::size_t changes = random() % 6; changes > 0; --changes)
        frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
      ASSERT_EQ(sum(dissect(frame).bytes), frame.size()) << one.claim << ": " << to_hex(frame);
    }
  }
}

TEST(Frame, AccountsForEveryByteOfNoise) {
  std::mt19937 random(8);
  for (int round = 0; round < 20'000; ++round) {
    Bytes frame(random() % 200);
    for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random());
    ASSERT_EQ(sum(dissect(frame).bytes), frame.size()) << to_hex(frame);
  }
}

}  // namespace
}  // namespace candor::capture
