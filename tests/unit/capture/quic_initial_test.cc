// SPDX-License-Identifier: Apache-2.0
#include "capture/quic_initial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "base/file.h"
#include "capture/client_hello.h"
#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;
using testing::ElementsAre;

/// The protected packets of an appendix, without white space.
Bytes packet_of(const std::string& title) {
  std::istringstream lines(read_text(CANDOR_SOURCE_DIR "/tests/unit/capture/quic_initials.txt"));
  std::string hex;
  bool wanted = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("RFC"))
      wanted = line == title;
    else if (wanted)
      hex += line;
  }
  return from_hex(hex).value();
}

const Bytes kVersion1 = packet_of("RFC 9001, appendix A.2");
const Bytes kVersion2 = packet_of("RFC 9369, appendix A.2");

std::string key_text(const QuicKeys& keys) {
  return to_hex(keys.key) + " " + to_hex(keys.iv) + " " + to_hex(keys.header);
}

TEST(QuicInitial, DerivesTheKeysThatTheRfcsList) {
  const Bytes id = from_hex("8394c8f03e515708").value();
  EXPECT_EQ(key_text(quic_client_keys(kQuicVersion1, id).value()),
            "1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c 9f50449e04a0e810283a1e9933adedd2");
  EXPECT_EQ(key_text(quic_client_keys(kQuicVersion2, id).value()),
            "8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f 45b95e15235d6f45a6b19cbcb0294ba9");
  EXPECT_FALSE(quic_client_keys(0xff00001d, id)) << "a draft";
}

TEST(QuicInitial, ReadsTheHelloOfTheRfcsPackets) {
  for (const Bytes& packet : {kVersion1, kVersion2}) {
    ASSERT_EQ(packet.size(), 1200U);
    QuicClient client;
    const QuicClient::Told told = client.add(packet);
    ASSERT_EQ(told.opened.size(), 1U);
    EXPECT_EQ(told.opened[0].size(), 1162U);
    ASSERT_TRUE(told.hello);
    EXPECT_EQ(told.hello->size(), 5U + 241);
    EXPECT_EQ(client_hello_size(*told.hello), told.hello->size());
    const ClientHello hello = parse_client_hello(*told.hello);
    EXPECT_EQ(hello.server_name, "example.com");
    EXPECT_THAT(hello.alpn, ElementsAre("alpn"));
    EXPECT_EQ(to_hex(told.ids), "8394c8f03e515708");
  }
}

TEST(QuicInitial, TellsAHelloOnceAndAnotherConnectionsAgain) {
  QuicClient client;
  EXPECT_TRUE(client.add(kVersion1).hello);
  const QuicClient::Told again = client.add(kVersion1);
  EXPECT_EQ(again.opened.size(), 1U);
  EXPECT_FALSE(again.hello);
  EXPECT_TRUE(client.add(kVersion2).hello) << "the client tries another version";
}

TEST(QuicInitial, OpensPacketsThatShareADatagram) {
  QuicClient client;
  const QuicClient::Told told = client.add(kVersion1 + kVersion1 + Bytes{0x40, 1, 2});
  EXPECT_EQ(told.opened.size(), 2U);
}

TEST(QuicInitial, OpensNothingThatWasChangedOrCut) {
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    Bytes packet = kVersion1;
    packet[random() % packet.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    EXPECT_TRUE(QuicClient().add(packet).opened.empty());
  }
  for (std::size_t size = 0; size < kVersion1.size(); ++size)
    EXPECT_TRUE(QuicClient().add(ByteView(kVersion1).first(size)).opened.empty());
}

Bytes crypto_frame(std::size_t offset, const Bytes& data) {
  return u8(6) + u16(0x4000U | static_cast<unsigned>(offset)) +
         u16(0x4000U | static_cast<unsigned>(data.size())) + data;
}

TEST(QuicInitial, JoinsCryptoFramesInAnyOrderAndOverlapping) {
  Bytes message = u8(1) + u8(0) + u16(300);
  for (int i = 0; i < 300; ++i) message.push_back(static_cast<std::uint8_t>(i));
  const auto part = [&](std::size_t from, std::size_t to) {
    return crypto_frame(from, Bytes(message.begin() + static_cast<std::ptrdiff_t>(from),
                                    message.begin() + static_cast<std::ptrdiff_t>(to)));
  };
  const Bytes ack = Bytes{3, 5, 0, 1, 2, 1, 1, 7, 8, 9};  // one further range, and counts
  QuicCrypto crypto;
  crypto.add(part(200, 304) + zeros(3) + ack + part(90, 150));
  EXPECT_FALSE(crypto.hello());
  crypto.add(u8(1) + part(0, 100));
  EXPECT_FALSE(crypto.hello()) << "there is a hole";
  crypto.add(part(140, 210));
  EXPECT_EQ(crypto.hello().value(), Bytes({22, 3, 1, 1, 48}) + message);
}

TEST(QuicInitial, KeepsNoMoreThanAHelloMayHave) {
  QuicCrypto crypto;
  const Bytes far = u8(6) + u8(0xc0) + zeros(3) + u32(0x00100000) + u16(0x4001) + u8(7);
  crypto.add(far);
  for (unsigned i = 0; i < 10'000; ++i) crypto.add(crypto_frame(i, u8(1)));
  EXPECT_FALSE(crypto.hello());
  Bytes huge = u8(1) + u8(0xff) + u16(0xffff);
  crypto = {};
  crypto.add(crypto_frame(0, huge));
  EXPECT_FALSE(crypto.hello());
}

}  // namespace
}  // namespace candor::capture
