// SPDX-License-Identifier: Apache-2.0
#include "capture/datagram_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;

Bytes label(const std::string& text) { return u8(static_cast<unsigned>(text.size())) + to_bytes(text); }
Bytes header(unsigned id, unsigned flags, unsigned questions, unsigned answers, unsigned additional) {
  return u16(id) + u16(flags) + u16(questions) + u16(answers) + u16(0) + u16(additional);
}
Bytes sized(const Bytes& data) { return u16(static_cast<unsigned>(data.size())) + data; }
Bytes netbios(std::string name, unsigned suffix) {
  name.resize(15, ' ');
  name.push_back(static_cast<char>(suffix));
  Bytes letters = u8(32);
  for (const char c : name)
    letters = letters + u8('A' + (static_cast<unsigned char>(c) >> 4U)) +
              u8('A' + (static_cast<unsigned char>(c) & 15U));
  return letters + u8(0);
}

/// What avahi and Apple's responder announce of a printer: pointers, SRV, TXT, NSEC and addresses.
Bytes mdns_announcement() {
  const Bytes flush = u16(0x8001) + u32(120);
  return header(0, 0x8400, 0, 5, 1) +
         // 12: _ipp._tcp.local PTR "The Plan"._ipp._tcp.local
         label("_ipp") + label("_tcp") + label("local") + u8(0) + u16(12) + u16(1) + u32(4500) +
         sized(label("The Plan") + u16(0xc00c)) +
         // 39: the instance
         u16(0xc027) + u16(33) + flush + sized(u16(0) + u16(0) + u16(631) + label("host") + u16(0xc016)) +
         u16(0xc027) + u16(16) + flush + sized(label("note=desk") + label("ty=Laser")) + u16(0xc044) +
         u16(1) + flush + sized(ip_bytes(kGuest)) + u16(0xc044) + u16(47) + flush +
         sized(u16(0xc044) + Bytes{0, 4, 0x40, 0, 0, 8}) + u8(0) + u16(41) + u16(1440) + u32(0) + sized({});
}

Bytes netbios_query() { return header(7, 0x0110, 1, 0, 0) + netbios("THE PLAN", 0x1c) + u16(32) + u16(1); }
Bytes netbios_registration() {
  return header(8, 0x2910, 1, 0, 1) + netbios("LAPTOP", 0) + u16(32) + u16(1) + u16(0xc00c) + u16(32) +
         u16(1) + u32(300000) + sized(u16(0) + ip_bytes(kGuest));
}
Bytes netbios_datagram() {
  const Bytes carried = netbios("LAPTOP", 0) + netbios("WORKGROUP", 0x1d) + to_bytes("the plan");
  return Bytes{0x11, 2} + u16(9) + ip_bytes(kGuest) + u16(138) + u16(static_cast<unsigned>(carried.size())) +
         u16(0) + carried;
}
const std::string kSearch =
    "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
    "ST: upnp:rootdevice\r\nX-Plan: secret\r\n\r\n";
const std::string kProbe =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope "
    "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
    "xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><soap:Header><wsa:MessageID>"
    "urn:uuid:the-plan</wsa:MessageID></soap:Header>\r\n<soap:Body><wsd:Probe><wsd:Types>wsdp:Device</"
    "wsd:Types>"
    "</wsd:Probe></soap:Body></soap:Envelope>";
/// RFC 5769, section 2.1.
const Bytes kStun = from_hex(
                        "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e740024"
                        "00046e0001ff80290008"
                        "932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3"
                        "f249c1b571a280280004"
                        "e57a3bcf")
                        .value();

std::vector<std::string> texts(const DatagramContent& content) {
  std::vector<std::string> all;
  for (const auto& text : content.texts) all.push_back(text.text);
  return all;
}

struct Sample {
  std::uint16_t port;
  const char* protocol;
  Bytes bytes;
};

std::vector<Sample> samples() {
  return {{5353, "mdns", mdns_announcement()},
          {5355, "llmnr", header(99, 0, 1, 0, 0) + label("fileserver") + u8(0) + u16(28) + u16(1)},
          {137, "netbios-ns", netbios_query()},
          {137, "netbios-ns", netbios_registration()},
          {138, "netbios-dgm", netbios_datagram()},
          {1900, "ssdp", to_bytes(kSearch)},
          {3702, "ws-discovery", to_bytes(kProbe)},
          {123, "ntp", u8(0x23) + zeros(39) + u32(1) + u32(2)},
          {3478, "stun", kStun}};
}

TEST(DatagramContent, ReadsEachKindToItsLastByte) {
  for (const Sample& sample : samples()) {
    const auto content = read_datagram(40'000, sample.port, sample.bytes);
    ASSERT_TRUE(content) << sample.protocol;
    EXPECT_STREQ(content->protocol, sample.protocol);
    EXPECT_EQ(content->framing + content->content + content->other, sample.bytes.size()) << sample.protocol;
    std::size_t said = 0;
    for (const auto& text : content->texts) said += text.size;
    for (const ByteView address : content->addresses) said += address.size();
    EXPECT_EQ(said, content->content) << sample.protocol;
  }
}

TEST(DatagramContent, ReadsWhatAnMdnsResponderAnnounces) {
  const auto content = read_mdns(mdns_announcement()).value();
  EXPECT_THAT(texts(content),
              ElementsAre("_ipp_tcplocal", "_ipp._tcp.local", "The Plan", "host", "note=deskty=Laser"));
  EXPECT_EQ(content.other, 0U);
  ASSERT_EQ(content.addresses.size(), 1U);
  EXPECT_EQ(to_hex(content.addresses[0]), to_hex(ip_bytes(kGuest)));
  EXPECT_THAT(content.numbers, IsSupersetOf({std::pair(FreeNumber::lifetime, std::uint64_t{4500}),
                                             std::pair(FreeNumber::number, std::uint64_t{631})}));
}

TEST(DatagramContent, CallsOpaqueWhatARecordMayHoldAnythingIn) {
  const Bytes record = label("h") + u8(0) + u16(65280) + u16(1) + u32(1) + sized(to_bytes("anything"));
  EXPECT_EQ(read_mdns(header(0, 0x8400, 0, 1, 0) + record).value().other, 8U);
  const Bytes types = label("h") + u8(0) + u16(47) + u16(1) + u32(1) + sized(u8(0) + Bytes{0, 2, 0x40, 0x55});
  EXPECT_EQ(read_mdns(header(0, 0x8400, 0, 1, 0) + types).value().other, 2U) << "types nobody has";
  const Bytes owner = u8(0) + u16(41) + u16(1440) + u32(0) + sized(u16(4) + sized(to_bytes("12345678")));
  EXPECT_EQ(read_mdns(header(0, 0, 0, 0, 1) + owner).value().other, 8U);
}

TEST(DatagramContent, FollowsNoPointerThatLeadsToNoName) {
  const auto with_pointer = [](unsigned to) {
    return header(0, 0, 2, 0, 0) + label("host") + u8(0) + u16(1) + u16(1) + u16(0xc000 | to) + u16(1) +
           u16(1);
  };
  EXPECT_TRUE(read_mdns(with_pointer(12)));
  for (const unsigned to : {0U, 11U, 13U, 17U, 22U, 200U}) EXPECT_FALSE(read_mdns(with_pointer(to))) << to;
}

TEST(DatagramContent, DecodesNetbiosNames) {
  EXPECT_THAT(texts(read_netbios_names(netbios_query()).value()), ElementsAre("THE PLAN"));
  const auto registration = read_netbios_names(netbios_registration()).value();
  EXPECT_THAT(texts(registration), ElementsAre("LAPTOP"));
  EXPECT_EQ(registration.addresses.size(), 1U);
  EXPECT_EQ(registration.content, 32U + 4U);
  EXPECT_THAT(texts(read_netbios_datagram(netbios_datagram()).value()),
              ElementsAre("LAPTOP", "WORKGROUP", "the plan"));
  Bytes wrong = netbios_query();
  wrong[20] = 'Q';
  EXPECT_FALSE(read_netbios_names(wrong)) << "a letter that stands for nothing";
}

TEST(DatagramContent, TellsWhatFieldsSayFromTheirNames) {
  const auto search = read_ssdp(to_bytes(kSearch)).value();
  EXPECT_THAT(texts(search),
              Contains("239.255.255.250:1900\n\"ssdp:discover\"\n1\nupnp:rootdevice\nX-Plan: secret"));
  const auto probe = read_ws_discovery(to_bytes(kProbe)).value();
  EXPECT_THAT(texts(probe).at(1), testing::HasSubstr("\nurn:uuid:the-plan\n"));
  EXPECT_THAT(texts(probe).at(1), testing::HasSubstr("soap-envelope"));
  EXPECT_LT(probe.content, kProbe.size());
}

TEST(DatagramContent, TakesUnusualWhiteSpaceAndCaseForSomethingSaid) {
  const auto said = [](const std::string& field) {
    return read_ssdp(to_bytes("M-SEARCH * HTTP/1.1\r\n" + field + "\r\n\r\n")).value().content;
  };
  EXPECT_EQ(said("MX: 1"), 1U);
  EXPECT_EQ(said("Cache-Control:max"), 3U);
  EXPECT_EQ(said("mX: 1"), 5U);
  EXPECT_EQ(said("MX: \t 1"), 3U);
  EXPECT_EQ(said("MX:"), 0U);
  const auto between = [](const std::string& space) {
    return read_ws_discovery(to_bytes("<Envelope/>" + space + "<Body xmlns=\"/discovery\"/>"))
        .value()
        .content;
  };
  const std::size_t least = between("");
  EXPECT_EQ(between("\r\n    "), least);
  EXPECT_EQ(between("\n\t\t"), least);
  EXPECT_EQ(between(" \t \t\t"), least + 4) << "but one space";
}

TEST(DatagramContent, CallsOpaqueWhatATimeRequestHasNoUseFor) {
  const Bytes plain = u8(0x23) + zeros(47);
  EXPECT_EQ(read_ntp(plain).value().framing, 48U);
  EXPECT_EQ(read_ntp(plain + zeros(20)).value().other, 20U) << "authentication";
  EXPECT_EQ(read_ntp(u8(0x23) + zeros(20) + u8(1) + zeros(26)).value().other, 36U);
  EXPECT_FALSE(read_ntp(u8(0x24) + zeros(47))) << "a server's answer";
}

TEST(DatagramContent, ChecksAStunRequestsFingerprint) {
  const auto content = read_stun(kStun).value();
  EXPECT_THAT(texts(content), ElementsAre("STUN test client"));
  EXPECT_EQ(content.framing, 20U + 6 * 4 + 4);
  EXPECT_EQ(content.other, 4U + 8 + 9 + 3 + 20);
  Bytes wrong = kStun;
  wrong.back() ^= 1U;
  EXPECT_EQ(read_stun(wrong).value().other, content.other + 4);
}

TEST(DatagramContent, AddsUpWhateverIsSent) {
  std::mt19937 random(11);
  for (const Sample& sample : samples()) {
    for (int round = 0; round < 2000; ++round) {
      Bytes bytes = sample.bytes;
      for (std::size_t changes = random() % 4; changes > 0; --changes)
        bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
      bytes.resize(random() % 3 == 0 ? random() % (bytes.size() + 9) : bytes.size());
      const auto content = read_datagram(40'000, sample.port, bytes);
      if (!content) continue;
      ASSERT_EQ(content->framing + content->content + content->other, bytes.size()) << to_hex(bytes);
      std::size_t said = 0;
      for (const auto& text : content->texts) said += text.size;
      for (const ByteView address : content->addresses) said += address.size();
      ASSERT_EQ(said, content->content) << to_hex(bytes);
    }
  }
}

}  // namespace
}  // namespace candor::capture
