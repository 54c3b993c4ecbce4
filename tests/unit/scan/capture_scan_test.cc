// SPDX-License-Identifier: Apache-2.0
#include "scan/capture_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "capture_maker.h"

namespace candor::scan {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kStart = std::string(kToken).substr(0, 10);
const std::string kEnd = std::string(kToken).substr(10);

class CaptureScanTest : public testing::Test {
 protected:
  void scan(const Bytes& file) {
    finding_ = {};
    const Recogniser recognise = find_all(kToken);
    Surfaces surfaces(recognise, limits_, finding_, coverage_);
    RequestHeads heads(surfaces, as_it_stands_);
    capture_ = scan_capture(file, surfaces, finding_, heads, capture_limits_, as_it_stands_);
    heads.finish();
  }
  void scan_packets(const std::vector<Bytes>& packets) { scan(pcap_of(packets)); }
  /// Everything that was not looked into, a line each.
  [[nodiscard]] std::string not_looked_into() const {
    std::string lines;
    for (const Unsearched& each : finding_.not_looked_into)
      lines += each.where + ": " + each.reason + ", " + std::to_string(each.bytes) + "\n";
    return lines;
  }

  SurfaceLimits limits_;
  CaptureLimits capture_limits_;
  Recogniser as_it_stands_;
  FileFinding finding_;
  std::vector<Covered> coverage_;
  CaptureFinding capture_;
};

TEST_F(CaptureScanTest, FindsWhatTwoSegmentsShareAtItsPlaceInTheStream) {
  scan_packets(
      Conversation().open().say("POST " + kStart).answer("100 go on").say(kEnd + " end").close().packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "tcp 10.0.2.15:40000 > 198.18.0.7:80");
  EXPECT_EQ(finding_.hits[0].hit.offset, 5U);
  EXPECT_EQ(finding_.hits[0].frame, 4U);
  EXPECT_EQ(not_looked_into(), "");
  EXPECT_EQ(finding_.packets, 9U);
}

TEST_F(CaptureScanTest, SearchesBothDirections) {
  scan_packets(Conversation().open().say("x").answer(kStart).answer(kEnd).close().packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "tcp 198.18.0.7:80 > 10.0.2.15:40000");
}

TEST_F(CaptureScanTest, IsTheSameForPacketsInAnyOrderAndTwice) {
  Conversation talk;
  talk.open();
  const std::string text = std::string(300, 'a') + kToken + std::string(300, 'b');
  for (std::size_t at = 0; at < text.size(); at += 7) talk.say(text.substr(at, 7));
  talk.close();
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::vector<Bytes> packets = talk.packets;
    packets.insert(packets.end(), talk.packets.begin() + 3, talk.packets.end());
    std::shuffle(packets.begin(), packets.end(), random);
    scan_packets(packets);
    ASSERT_EQ(finding_.hits.size(), 1U);
    EXPECT_EQ(finding_.hits[0].hit.offset, 300U);
  }
}

TEST_F(CaptureScanTest, ReportsAHoleAndDoesNotSpliceIt) {
  scan_packets(Conversation().open().say(kStart).skip(17).say(kEnd).say(kToken).close().packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].hit.offset, 10U + 17U + 16U);
  EXPECT_EQ(not_looked_into(), "tcp 10.0.2.15:40000 > 198.18.0.7:80: 17 bytes missing at 10, 17\n");
}

TEST_F(CaptureScanTest, SearchesBothVersionsOfBytesThatContradict) {
  // The token in the first version only, in the second version only, and over a seam of the second.
  const std::string other(26, '-');
  scan_packets(Conversation().open().say(kToken).again(26, other).close().packets);
  EXPECT_EQ(finding_.hits.size(), 1U);
  ASSERT_EQ(finding_.notes.size(), 1U);
  EXPECT_THAT(finding_.notes[0].sentence, HasSubstr("both versions were searched"));
  scan_packets(Conversation().open().say(other).again(26, kToken).close().packets);
  EXPECT_FALSE(finding_.hits.empty());
  scan_packets(Conversation().open().say(other).again(26, kStart).again(16, kEnd).close().packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_THAT(finding_.hits[0].where, HasSubstr("with the later of two versions"));
}

TEST_F(CaptureScanTest, FollowsStreamsWithoutTheirBeginAndSaysSo) {
  Conversation talk;
  talk.open().say("early").say(kStart).say(kEnd);
  talk.packets.erase(talk.packets.begin(), talk.packets.begin() + 4);
  scan_packets(talk.packets);
  EXPECT_EQ(finding_.hits.size(), 1U);
  EXPECT_THAT(not_looked_into(), HasSubstr("its begin was not captured"));
}

TEST_F(CaptureScanTest, TellsConnectionsOnTheSamePortsApart) {
  std::vector<Bytes> packets = Conversation(40000, 1000).open().say(kStart).close().packets;
  const std::vector<Bytes> second = Conversation(40000, 900'000).open().say(kToken).close().packets;
  packets.insert(packets.end(), second.begin(), second.end());
  scan_packets(packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_THAT(finding_.hits[0].where, HasSubstr(", connection 2"));
  EXPECT_EQ(not_looked_into(), "");
}

TEST_F(CaptureScanTest, ReportsWhatTheOtherSideReceivedAndTheCaptureLacks) {
  Conversation talk;
  talk.open().say("seen").skip(500).answer("thanks");
  scan_packets(talk.packets);
  EXPECT_EQ(not_looked_into(), "tcp 10.0.2.15:40000 > 198.18.0.7:80: 500 bytes missing at 4, 500\n");
}

TEST_F(CaptureScanTest, JoinsDatagramsAndListsEachHitOnce) {
  scan_packets({ipv4(17, udp(1, 9, to_bytes(kStart))), ipv4(17, udp(1, 9, to_bytes(kEnd + kToken)))});
  ASSERT_EQ(finding_.hits.size(), 2U);
  EXPECT_EQ(finding_.hits[0].hit.offset, 0U);
  EXPECT_EQ(finding_.hits[0].frame, 1U);
  EXPECT_EQ(finding_.hits[1].hit.offset, 26U);
  EXPECT_EQ(finding_.hits[1].frame, 2U);
  EXPECT_EQ(finding_.hits[1].where, "udp 10.0.2.15:1 > 198.18.0.7:9");
}

TEST_F(CaptureScanTest, JoinsNamesAskedForPerDomain) {
  scan_packets({ipv4(17, udp(1, 53, dns_query(kStart + ".evil.example"))),
                ipv4(17, udp(1, 53, dns_query("www.other.example"))),
                ipv4(17, udp(1, 53, dns_query(kEnd + ".evil.example")))});
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "dns evil.example");
  EXPECT_EQ(finding_.hits[0].hit.chain[0].decoder, "dns names joined");
}

TEST_F(CaptureScanTest, PutsFragmentsTogetherBeforeItReassembles) {
  const Bytes segment = tcp(40000, 80, 1001, kAck, to_bytes(std::string(20, 'x') + kToken));
  const ByteView view(segment);
  const auto part = [&](std::size_t from, std::size_t to, unsigned flags) {
    const Bytes bytes(view.begin() + static_cast<std::ptrdiff_t>(from),
                      view.begin() + static_cast<std::ptrdiff_t>(to));
    return ipv4(6, bytes, kGuest, kHost, {.fragment = flags | static_cast<unsigned>(from / 8)});
  };
  std::vector<Bytes> packets = Conversation().open().packets;
  packets.push_back(part(48, segment.size(), 0));
  packets.push_back(part(0, 48, 0x2000));
  scan_packets(packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "tcp 10.0.2.15:40000 > 198.18.0.7:80");
  EXPECT_EQ(not_looked_into(), "");
  packets.pop_back();
  scan_packets(packets);
  EXPECT_THAT(not_looked_into(), HasSubstr("fragments of a datagram are missing"));
}

TEST_F(CaptureScanTest, SearchesWhatIsNoStreamAndNoDatagram) {
  for (const Bytes& packet :
       {ipv4(1, Bytes{8, 0, 0, 0} + to_bytes(kToken)), ipv4(99, to_bytes(kToken)),
        ipv4(6, tcp(1, 2, 3, kAck, {}, to_bytes("\xfd\x1c" + std::string(kToken)))), to_bytes(kToken)}) {
    scan_packets({packet});
    EXPECT_EQ(finding_.hits.size(), 1U);
  }
  scan(pcap_of({ethernet(0x88b5, to_bytes(kStart)), ethernet(0x88b5, to_bytes(kEnd))}, 1));
  EXPECT_EQ(finding_.hits.size(), 1U);
}

TEST_F(CaptureScanTest, SearchesCommentsAndUnknownBlocksOfPcapng) {
  scan(CaptureBuilder().block(0x0bad, to_bytes("  " + std::string(kToken))).bytes());
  EXPECT_EQ(finding_.hits.size(), 1U);
}

TEST_F(CaptureScanTest, UsesEverythingBeforeTheDamageAndSearchesWhatIsBehind) {
  Bytes file = pcap_of(Conversation().open().say(kToken).close().packets);
  const Bytes tail = u32(0) + u32(0) + u32(0x7fffffff) + u32(0) + to_bytes(kToken);
  file.insert(file.end(), tail.begin(), tail.end());
  scan(file);
  EXPECT_EQ(finding_.hits.size(), 2U);
  EXPECT_THAT(finding_.problem, HasSubstr("a packet of 2147483647 bytes"));
  EXPECT_FALSE(finding_.complete());
}

TEST_F(CaptureScanTest, ReportsLinkTypesAndQuicItDoesNotFollow) {
  scan(pcap_of({to_bytes("some radio frame")}, 105));
  EXPECT_THAT(not_looked_into(), HasSubstr("link type 105"));
  scan_packets({ipv4(17, udp(1, 443, Bytes{0xc3, 0, 0, 0, 1} + zeros(40)))});
  EXPECT_THAT(not_looked_into(), HasSubstr("QUIC, which is not opened, 45"));
}

TEST_F(CaptureScanTest, NamesTlsStreamsAlsoBehindStarttls) {
  const std::string hello("\x16\x03\x01\x00\x09\x01\x00\x00\x05hello", 14);
  const std::string data(
      "\x17\x03\x03\x00\x04"
      "data",
      9);
  scan_packets(Conversation().open().say(hello + data).close().packets);
  ASSERT_EQ(capture_.tls.size(), 1U);
  EXPECT_EQ(capture_.tls[0].bytes, 23U);
  scan_packets(Conversation().open().say("STARTTLS\r\n").say(hello).close().packets);
  ASSERT_EQ(capture_.tls.size(), 1U);
  EXPECT_EQ(capture_.tls[0].bytes, 14U);
  scan_packets(Conversation().open().say(data + data).close().packets);
  EXPECT_EQ(capture_.tls.size(), 1U);
  scan_packets(Conversation().open().say("GET / HTTP/1.1\r\n\r\n").close().packets);
  EXPECT_THAT(capture_.tls, IsEmpty());
}

TEST_F(CaptureScanTest, MissesNothingWhenItMustSearchEarly) {
  capture_limits_.pieces = 10;
  capture_limits_.tail = 64;
  Conversation talk;
  talk.open();
  std::vector<std::size_t> at;
  std::size_t said = 0;
  for (int i = 0; i < 50; ++i) {
    at.push_back(said + 13);
    const std::string text = "--------" + std::string(5, 'x') + kToken;
    for (std::size_t from = 0; from < text.size(); from += 3) talk.say(text.substr(from, 3));
    said += text.size();
  }
  talk.close();
  limits_.hits_per_thing = 100;
  scan_packets(talk.packets);
  ASSERT_EQ(finding_.hits.size(), at.size());
  for (std::size_t i = 0; i < at.size(); ++i) EXPECT_EQ(finding_.hits[i].hit.offset, at[i]);
  EXPECT_EQ(not_looked_into(), "");
}

TEST_F(CaptureScanTest, ForgetsTheSilentWhenThereAreTooManyConnections) {
  capture_limits_.flows = 8;
  limits_.hits_per_thing = 100;
  std::vector<Bytes> packets;
  for (unsigned port = 1; port < 30; ++port) {
    const std::vector<Bytes> more = Conversation(port).open().say(kToken).close().packets;
    packets.insert(packets.end(), more.begin(), more.end());
  }
  scan_packets(packets);
  EXPECT_EQ(finding_.hits.size(), 29U);
  EXPECT_EQ(not_looked_into(), "");
}

TEST_F(CaptureScanTest, SaysWhatGoesOnAfterItWasForgotten) {
  capture_limits_.flows = 8;
  Conversation slow(5000);
  slow.open().say(kStart);
  std::vector<Bytes> packets = slow.packets;
  packets.push_back(ipv4(17, udp(1, 9, to_bytes(kStart))));
  for (unsigned port = 1; port < 30; ++port) {
    const std::vector<Bytes> more = Conversation(port).open().say("x").close().packets;
    packets.insert(packets.end(), more.begin(), more.end());
  }
  const std::size_t said = slow.packets.size();
  slow.say(kEnd);
  packets.insert(packets.end(), slow.packets.begin() + static_cast<std::ptrdiff_t>(said), slow.packets.end());
  packets.push_back(ipv4(17, udp(1, 9, to_bytes(kEnd))));
  scan_packets(packets);
  EXPECT_THAT(not_looked_into(), HasSubstr("5000 > 198.18.0.7:80, connection 2: its begin was not captured"));
  EXPECT_THAT(not_looked_into(), HasSubstr("udp 10.0.2.15:1 > 198.18.0.7:9: too many conversations at once"));
}

TEST_F(CaptureScanTest, JoinsDatagramsOfASenderThatTakesANewPortForEach) {
  std::vector<Bytes> packets;
  for (unsigned at = 0; at < 26; at += 4)
    packets.push_back(ipv4(17, udp(9900 + 400 * at, 9, to_bytes(std::string(kToken).substr(at, 4)))));
  scan_packets(packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "udp 10.0.2.15 > 198.18.0.7:9");
}

/// Datagrams whose IPv4 identifications are `text`, two characters in each.
std::vector<Bytes> in_identifications(const std::string& text, const std::string& from,
                                      const std::string& to) {
  std::vector<Bytes> packets;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    Bytes packet = ipv4(17, udp(4000, 9, zeros(8)), from, to);
    packet[4] = static_cast<std::uint8_t>(text[at]);
    packet[5] = static_cast<std::uint8_t>(text[at + 1]);
    packets.push_back(packet);
  }
  return packets;
}

TEST_F(CaptureScanTest, SearchesHeaderFieldsOfEachSenderAsSmallCarriers) {
  as_it_stands_ = find_all(kToken);
  // Two talk at once: put together over both, neither says anything.
  const std::vector<Bytes> one = in_identifications(kToken, kGuest, kHost);
  const std::vector<Bytes> other = in_identifications(std::string(26, '-'), kHost, kGuest);
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < one.size(); ++i) packets.insert(packets.end(), {one[i], other[i]});
  scan_packets(packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "IPv4 identification, 10.0.2.15 > 198.18.0.7");
  EXPECT_EQ(finding_.hits[0].hit.chain.at(0).decoder, "values joined");
  EXPECT_EQ(finding_.hits[0].frame, 1U);
  EXPECT_EQ(not_looked_into(), "");
}

TEST_F(CaptureScanTest, DoesNotPutHeaderFieldsOfDifferentSendersTogether) {
  as_it_stands_ = find_all(kToken);
  std::vector<Bytes> packets = in_identifications(kStart, kGuest, kHost);
  for (const Bytes& packet : in_identifications(kEnd, kHost, kGuest)) packets.push_back(packet);
  scan_packets(packets);
  EXPECT_THAT(finding_.hits, IsEmpty());
}

TEST_F(CaptureScanTest, PutsHeaderFieldsToManyPlacesTogetherBySender) {
  as_it_stands_ = find_all(kToken);
  std::vector<Bytes> packets;
  for (const std::size_t at : {0U, 10U, 18U})
    for (const Bytes& packet : in_identifications(std::string(kToken).substr(at, at == 18  ? 8
                                                                                 : at == 0 ? 10
                                                                                           : 8),
                                                  kGuest, at == 10 ? "198.18.0.8" : kHost))
      packets.push_back(packet);
  scan_packets(packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "IPv4 identification, 10.0.2.15 > all places");
}

TEST_F(CaptureScanTest, JoinsWhatTlsHellosSayOpenly) {
  as_it_stands_ = find_all(kToken);
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < 13; ++i) {
    const std::string label = std::string(kToken).substr(2 * i, 2);
    const std::string server = label + ".vendor.example";
    const auto size = static_cast<unsigned>(server.size());
    const Bytes name = u16(0) + u16(size + 5) + u16(size + 3) + u8(0) + u16(size) + to_bytes(server);
    const Bytes body = u16(0x0303) + zeros(32) + u8(0) + u16(2) + u16(0x1301) + u8(1) + u8(0) +
                       u16(static_cast<unsigned>(name.size())) + name;
    const auto length = static_cast<unsigned>(body.size());
    const Bytes record = u8(22) + u16(0x0301) + u16(length + 4) + u8(1) + u8(0) + u16(length) + body;
    const std::string text(as_text(record));
    Conversation talk(40000 + static_cast<unsigned>(i));
    talk.open().say(text.substr(0, 40)).say(text.substr(40));
    packets.insert(packets.end(), talk.packets.begin(), talk.packets.end());
  }
  scan_packets(packets);
  ASSERT_EQ(finding_.hits.size(), 1U);
  EXPECT_EQ(finding_.hits[0].where, "tls server name, vendor.example");
  EXPECT_EQ(finding_.hits[0].hit.chain.at(0).decoder, "server names joined");
}

std::string request(const std::string& path, const std::string& host = "vendor.example",
                    const std::string& body = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: " + host +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(CaptureScanTest, PutsHeadsOfRequestsTogetherOverConnections) {
  Conversation first(40000, 1000);
  Conversation second(40001, 9000);
  first.open();
  second.open();
  std::vector<Bytes> packets;
  const auto move = [&](Conversation& talk) {
    packets.insert(packets.end(), talk.packets.begin(), talk.packets.end());
    talk.packets.clear();
  };
  for (std::size_t at = 0; at < 26; at += 2) {
    Conversation& talk = at % 4 == 0 ? first : second;
    talk.say(request("/a/" + std::string(kToken).substr(at, 2), "vendor.example", std::string(at, '-')));
    move(talk);
  }
  first.close();
  second.close();
  move(first);
  move(second);
  scan_packets(packets);
  ASSERT_FALSE(finding_.hits.empty());
  EXPECT_EQ(finding_.hits[0].where, "tcp 10.0.2.15:40000 > 198.18.0.7:80, heads of requests");
  EXPECT_EQ(finding_.hits[0].frame, 4U);
  EXPECT_THAT(finding_.hits[0].hit.chain.at(0).decoder, HasSubstr("last parts of paths"));
}

TEST_F(CaptureScanTest, DoesNotPutHeadsOfRequestsToDifferentHostsTogether) {
  Conversation talk;
  talk.open();
  for (std::size_t at = 0; at < 26; at += 2)
    talk.say(request("/a/" + std::string(kToken).substr(at, 2), "host-" + std::to_string(at)));
  scan_packets(talk.close().packets);
  EXPECT_THAT(finding_.hits, IsEmpty());
}

TEST_F(CaptureScanTest, FindsRequestsBehindBodiesOfAnyFramingAndSize) {
  Conversation talk;
  talk.open();
  const std::string body(60'000, 'b');
  const auto say = [&talk](const std::string& text) {
    for (std::size_t at = 0; at < text.size(); at += 1400) talk.say(text.substr(at, 1400));
  };
  for (std::size_t at = 0; at < 26; at += 2) {
    const std::string path = "/a/" + std::string(kToken).substr(at, 2);
    std::string chunked =
        "PUT " + path + " HTTP/1.1\r\nHost: vendor.example\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 3; ++i) chunked += "ea60\r\n" + body + "\r\n";
    say(at % 4 == 0 ? chunked + "0\r\n\r\n" : request(path, "vendor.example", body + body));
  }
  scan_packets(talk.close().packets);
  EXPECT_FALSE(finding_.hits.empty());
}

TEST_F(CaptureScanTest, ReadsDatagramsAsTheirReceiversDo) {
  // A name service query (RFC 1002, 4.2.12) for a name of 15 bytes: two letters stand for each.
  const auto query = [](const std::string& name) {
    Bytes bytes = u16(7) + u16(0x0110) + u16(1) + u16(0) + u16(0) + u16(0);
    bytes.push_back(32);
    for (std::size_t i = 0; i < 16; ++i) {
      const auto c = static_cast<unsigned char>(i < name.size() ? name[i] : ' ');
      bytes.push_back(static_cast<std::uint8_t>('A' + (c >> 4)));
      bytes.push_back(static_cast<std::uint8_t>('A' + (c & 15)));
    }
    bytes.push_back(0);
    return bytes + u16(0x20) + u16(1);
  };
  scan_packets({ipv4(17, udp(137, 137, query(std::string(kToken).substr(0, 15)))),
                ipv4(17, udp(137, 137, query(std::string(kToken).substr(15))))});
  EXPECT_THAT(finding_.hits, testing::SizeIs(1));
  EXPECT_THAT(finding_.hits.at(0).where, HasSubstr("netbios"));
}

TEST_F(CaptureScanTest, SearchesLargeStreamsInWindowsThatOverlap) {
  limits_.window = 100;
  limits_.overlap = 40;
  limits_.hits_per_thing = 1000;
  for (std::size_t at = 0; at < 300; at += 11) {
    Conversation talk;
    const std::string text = std::string(at, 'a') + kToken + std::string(300 - at, 'b');
    talk.open();
    for (std::size_t from = 0; from < text.size(); from += 50) talk.say(text.substr(from, 50));
    scan_packets(talk.close().packets);
    ASSERT_EQ(finding_.hits.size(), 1U) << at;
    EXPECT_EQ(finding_.hits[0].hit.offset, at);
  }
}

}  // namespace
}  // namespace candor::scan
