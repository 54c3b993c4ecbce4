// SPDX-License-Identifier: Apache-2.0
#include "capture/carriers.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;
using model::FrameAccount;

/// The bytes a canary's letters would stand for: any that a capture does not have by chance.
const Bytes kBytes = {0x9b, 0x41, 0xe7, 0x05, 0xd2, 0x6c, 0x38, 0xff,
                      0x10, 0xa4, 0x7e, 0x53, 0xc9, 0x2d, 0x86, 0x00};
const std::string kLetters = "abcdefghijklmnopqrstuvwx23";

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

FrameAccount account(const CaptureBuilder& capture) {
  const Recogniser literal = finder({text_of(kBytes), kLetters});
  return account_frames(capture.bytes(), {.recognise = literal, .as_it_stands = literal});
}

void put16(Bytes& frame, std::size_t at, std::size_t value) {
  frame.at(at) = static_cast<std::uint8_t>(value >> 8U);
  frame.at(at + 1) = static_cast<std::uint8_t>(value);
}

// Offsets in an Ethernet frame.
constexpr std::size_t kTos = 15;
constexpr std::size_t kId = 18;
constexpr std::size_t kTtl = 22;
constexpr std::size_t kIcmpId = 38;
constexpr std::size_t kTcpWindow = 48;
constexpr std::size_t kTcpUrgent = 52;

Bytes datagram(std::size_t size = 8, unsigned from = 4000, const std::string& to = kHost) {
  return ethernet(0x0800, ipv4(17, udp(from, 9, zeros(size)), kGuest, to));
}
Bytes segment(std::uint32_t sequence, unsigned flags, unsigned from = 4000, const Bytes& payload = {},
              const Bytes& options = {}) {
  return ethernet(0x0800, ipv4(6, tcp(from, 443, sequence, flags, payload, options)));
}
Bytes ping() { return ethernet(0x0800, ipv4(1, u8(8) + zeros(7))); }

using Bits = std::vector<unsigned>;

/// `width` bits of each byte at a time, the highest first.
Bits pieces(const Bytes& bytes, unsigned width) {
  Bits list;
  for (const std::uint8_t byte : bytes)
    for (unsigned at = 8; at > 0; at -= width) list.push_back(byte >> (at - width) & ((1U << width) - 1));
  return list;
}

/// A way to send bytes.
struct Carrier {
  const char* name;
  const char* channel;
  const char* step;  ///< Part of how the bytes were put together.
  std::function<void(CaptureBuilder&, const Bytes&)> send;
};

std::ostream& operator<<(std::ostream& out, const Carrier& carrier) { return out << carrier.name; }

/// Frames of one kind, each changed for one piece of the bytes.
std::function<void(CaptureBuilder&, const Bytes&)> each(
    unsigned width, const std::function<Bytes(std::size_t value, std::size_t index)>& frame) {
  return [=](CaptureBuilder& capture, const Bytes& bytes) {
    const Bits values =
        width == 16 ? [&] {
          Bits pairs;
          for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) pairs.push_back(unsigned{bytes[i]} << 8U | bytes[i + 1]);
          return pairs;
        }()
                    : pieces(bytes, width);
    for (std::size_t i = 0; i < values.size(); ++i) capture.sent(frame(values[i], i));
  };
}

Bytes query(const std::string& name, std::size_t id = 0x1234) {
  Bytes message = dns_query(name);
  put16(message, 0, id);
  return ethernet(0x0800, ipv4(17, udp(4000, 53, message)));
}

Bytes with16(Bytes frame, std::size_t at, std::size_t value) {
  put16(frame, at, value);
  return frame;
}
Bytes with8(Bytes frame, std::size_t at, std::size_t value) {
  frame.at(at) = static_cast<std::uint8_t>(value);
  return frame;
}

Bytes hello(const Bytes& random, const Bytes& session_id, const std::vector<unsigned>& ciphers,
            const std::string& server) {
  Bytes list;
  for (const unsigned cipher : ciphers) list = list + u16(cipher);
  const auto size = static_cast<unsigned>(server.size());
  const Bytes name = u16(0) + u16(size + 5) + u16(size + 3) + u8(0) + u16(size) + to_bytes(server);
  const Bytes body = u16(0x0303) + random + u8(static_cast<unsigned>(session_id.size())) + session_id +
                     u16(static_cast<unsigned>(list.size())) + list + u8(1) + u8(0) +
                     u16(static_cast<unsigned>(name.size())) + name;
  const auto length = static_cast<unsigned>(body.size());
  return u8(22) + u16(0x0301) + u16(length + 4) + u8(1) + u8(0) + u16(length) + body;
}

/// One connection per piece, each with a ClientHello.
void send_hello(CaptureBuilder& capture, unsigned port, const Bytes& record) {
  capture.sent(segment(99, kSyn, port));
  capture.received(ethernet(0x0800, ipv4(6, tcp(443, port, 7, kSyn | kAck), kHost, kGuest)));
  const std::size_t half = record.size() / 2;
  const ByteView all(record);
  capture.sent(segment(100, kAck, port, Bytes(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(half))));
  capture.sent(segment(100 + static_cast<std::uint32_t>(half), kAck, port,
                       Bytes(all.begin() + static_cast<std::ptrdiff_t>(half), all.end())));
}

const std::vector<Carrier> kCarriers = {
    {"IpIds", "IPv4 identification", "values joined",
     each(16, [](auto v, auto) { return with16(datagram(), kId, v); })},
    {"LowBytesOfIpIds", "IPv4 identification", "low bytes joined",
     each(8, [](auto v, auto i) { return with16(datagram(), kId, i % 7 * 256 + v); })},
    {"TrafficClasses", "traffic class", "low bytes joined",
     each(8, [](auto v, auto) { return with8(datagram(), kTos, v); })},
    {"LowBitsOfTtls", "TTL or hop limit", "low bit joined, first highest",
     each(1, [](auto v, auto) { return with8(datagram(), kTtl, 64 + v); })},
    {"TwoLowBitsOfTtls", "TTL or hop limit", "low 2 bits joined, first highest",
     each(2, [](auto v, auto) { return with8(datagram(), kTtl, 64 + v); })},
    {"Lengths", "packet length", "low bytes joined",
     each(8, [](auto v, auto) { return datagram(256 - 28 + v); })},
    {"FourBitsOfLengths", "packet length", "low 4 bits joined, first highest",
     each(4, [](auto v, auto) { return datagram(16 - 28 % 16 + v); })},
    {"SourcePorts", "source port", "values joined",
     each(16, [](auto v, auto) { return datagram(8, static_cast<unsigned>(v)); })},
    {"SourcePortsOfConnections", "source port", "low bytes joined",
     each(8,
          [](auto v, auto i) {
            return segment(static_cast<std::uint32_t>(i), kSyn,
                           static_cast<unsigned>(0x8000 + i % 5 * 256 + v));
          })},
    {"InitialSequenceNumbers", "initial sequence number", "low 2 bytes joined",
     each(16, [](auto v, auto i) { return segment(static_cast<std::uint32_t>(i % 3 << 20U | v), kSyn); })},
    {"Windows", "window", "values joined",
     each(16, [](auto v, auto) { return with16(segment(5, kAck), kTcpWindow, v); })},
    {"UrgentPointers", "urgent pointer", "values joined",
     each(16, [](auto v, auto) { return with16(segment(5, kAck), kTcpUrgent, v); })},
    {"TimeStamps", "TCP time stamp", "low bytes joined",
     each(8,
          [](auto v, auto i) {
            return segment(5, kAck, 4000, {},
                           Bytes{1, 1, 8, 10} + u32(static_cast<std::uint32_t>(i << 8U | v)) + u32(0));
          })},
    {"EchoIds", "echo identifier", "values joined",
     each(16, [](auto v, auto) { return with16(ping(), kIcmpId, v); })},
    {"EchoSequenceNumbers", "echo sequence number", "values joined",
     each(16, [](auto v, auto) { return with16(ping(), kIcmpId + 2, v); })},
    {"DnsIds", "DNS identifier", "values joined",
     each(16, [](auto v, auto) { return query("a.example", v); })},
    {"DnsCase", "case of a DNS name", "low bit joined",
     each(8,
          [](auto v, auto) {
            std::string name = "abcdefgh.example";
            for (unsigned bit = 0; bit < 8; ++bit)
              if ((v >> (7 - bit) & 1U) != 0) name[bit] = static_cast<char>(name[bit] - 32);
            // The domain's letters are all small: seven zeros behind each eight bits.
            return query(name.substr(0, 8));
          })},
    {"AddressesOfOnePool", "destination address", "low bytes joined",
     each(8,
          [](auto v, auto i) {
            return datagram(8, static_cast<unsigned>(4000 + i), "198.18.0." + std::to_string(v));
          })},
    {"OrderOfTwoNames", "order of names", "low bit joined",
     each(1, [](auto v, auto) { return query(v != 0 ? "up.vendor.example" : "down.vendor.example"); })},
    {"WhichOfTwoNamesComesFirst", "order of names", "first of each two: low bit joined",
     [](CaptureBuilder& capture, const Bytes& bytes) {
       for (const unsigned bit : pieces(bytes, 1)) {
         capture.sent(query(bit != 0 ? "up.vendor.example" : "down.vendor.example"));
         capture.sent(query(bit != 0 ? "down.vendor.example" : "up.vendor.example"));
       }
     }},
    {"OrderOfTwoPlaces", "order of places", "low bit joined",
     each(1,
          [](auto v, auto i) {
            return datagram(8, static_cast<unsigned>(4000 + i), v != 0 ? "198.18.0.7" : "198.19.0.7");
          })},
    {"LongAndShortWaits", "time between packets", "short or long: low bit joined",
     [](CaptureBuilder& capture, const Bytes& bytes) {
       capture.sent(datagram());
       unsigned jitter = 0;
       for (const unsigned bit : pieces(bytes, 1))
         capture.wait((bit != 0 ? 9'000'000U : 0U) + ++jitter % 5 * 100'000).sent(datagram());
     }},
    {"TlsRandoms", "tls hello", "randoms joined",
     [](CaptureBuilder& capture, const Bytes& bytes) {
       const ByteView all(bytes);
       for (unsigned i = 0; i < 2; ++i) {
         const Bytes half(all.begin() + i * 8, all.begin() + (i + 1) * 8);
         send_hello(capture, 4000 + i,
                    hello(i == 0 ? zeros(24) + half : half + zeros(24), {}, {1, 2}, "a.example"));
       }
     }},
    {"OneTlsSessionId", "tls hello", "",
     [](CaptureBuilder& capture, const Bytes& bytes) {
       send_hello(capture, 4000, hello(zeros(32), bytes + zeros(16), {1, 2}, "a.example"));
     }},
    {"OrderOfTlsCiphers", "order of TLS ciphers", "low bit joined",
     [](CaptureBuilder& capture, const Bytes& bytes) {
       unsigned port = 4000;
       for (const unsigned bit : pieces(bytes, 1))
         send_hello(
             capture, port++,
             hello(zeros(32), {}, bit != 0 ? std::vector{0x1301U, 0x1302U} : std::vector{0x1302U, 0x1301U},
                   "a.example"));
     }},
};

class CarriersTest : public testing::TestWithParam<Carrier> {};

std::string place(int number) { return fmt::format("198.18.{}.{}", number / 250, 1 + number % 250); }

FrameAccount datagrams_to_places(int count) {
  CaptureBuilder capture;
  for (int i = 0; i < count; ++i) capture.sent(datagram(8, 4000, place(i)));
  return account(capture);
}

TEST(Carriers, OfAnOrderOfMoreThingsThanAreToldApartAreNamedAsNotLookedInto) {
  EXPECT_TRUE(datagrams_to_places(256).complete);
  const FrameAccount found = datagrams_to_places(257);
  EXPECT_FALSE(found.complete);
  EXPECT_THAT(found.problem, ::testing::HasSubstr("not looked into: the order of places"));
}

TEST_P(CarriersTest, BringTheBytesOfACanary) {
  CaptureBuilder capture;
  GetParam().send(capture, kBytes);
  const FrameAccount found = account(capture);
  EXPECT_TRUE(found.complete) << found.problem;
  std::vector<std::string> seen;
  for (const model::FrameFinding& finding : found.findings) {
    const auto& chain = finding.found.hits.at(0).chain;
    seen.push_back(finding.channel + ": " + (chain.empty() ? "" : chain[0].decoder));
    EXPECT_GE(finding.frame, 1U);
    EXPECT_LE(finding.frame, 600U);
  }
  using testing::AllOf, testing::HasSubstr, testing::Contains, testing::StartsWith;
  EXPECT_THAT(
      seen, Contains(AllOf(StartsWith(GetParam().channel + std::string(": ")), HasSubstr(GetParam().step))));
}

TEST(ServerNames, AreJoinedOverDomainsWhereEachPieceHasOneOfItsOwn) {
  const auto said = [](const std::string& text) {
    CaptureBuilder capture;
    unsigned port = 4000;
    for (std::size_t at = 0; at < text.size(); at += 4)
      send_hello(capture, port++, hello(zeros(32), {}, {1, 2}, text.substr(at, 4) + ".example"));
    return account(capture).findings;
  };
  const std::vector<model::FrameFinding> found = said(kLetters);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].channel, "tls server name");
  EXPECT_EQ(found[0].found.hits.at(0).chain.at(0).decoder, "server names joined");
  EXPECT_TRUE(said(kLetters.substr(0, 12) + "-" + kLetters.substr(13)).empty());
}

TEST_P(CarriersTest, BringNothingOfOtherBytes) {
  CaptureBuilder capture;
  Bytes other = kBytes;
  other[9] = static_cast<std::uint8_t>(other[9] ^ 0x40);
  GetParam().send(capture, other);
  EXPECT_TRUE(account(capture).findings.empty());
}

TEST_P(CarriersTest, AreSearchedBehindMoreThanIsHeldAtOnce) {
  if (std::string(GetParam().name).starts_with("Tls") ||
      std::string(GetParam().name).find("Tls") != std::string::npos)
    return;  // hellos are joined by FrameSearch
  CaptureBuilder capture;
  Bytes noise(600);
  std::mt19937 random(5);
  for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random());
  GetParam().send(capture, noise);
  GetParam().send(capture, kBytes);
  GetParam().send(capture, noise);
  EXPECT_FALSE(account(capture).findings.empty());
}

INSTANTIATE_TEST_SUITE_P(Header, CarriersTest, testing::ValuesIn(kCarriers),
                         [](const auto& carrier) { return std::string(carrier.param.name); });

}  // namespace
}  // namespace candor::capture
