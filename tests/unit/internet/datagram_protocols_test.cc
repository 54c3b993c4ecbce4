// SPDX-License-Identifier: Apache-2.0
#include "internet/datagram_protocols.h"

#include <gtest/gtest.h>

#include <string>

namespace candor::internet {
namespace {

Route to_port(std::uint16_t port) {
  Route route;
  route.transport = "udp";
  route.destination.port = port;
  return route;
}

std::string name_of(std::uint16_t port, const Bytes& datagram) {
  const DatagramProtocol* const protocol = datagram_protocol(to_port(port), datagram);
  return protocol != nullptr ? protocol->name : "";
}

Bytes ntp_request() {
  Bytes request(48);
  request[0] = 0x23;  // version 4, client
  request[2] = 6;
  for (std::size_t i = 40; i < 48; ++i) request[i] = static_cast<std::uint8_t>(i);
  return request;
}

TEST(DatagramProtocols, TellTheTimeAndWhoseRequestTheyAnswer) {
  const Bytes request = ntp_request();
  ASSERT_EQ(name_of(123, request), "ntp");
  const Bytes answer =
      datagram_protocol(to_port(123), request)->answer(to_port(123), request, 1'700'000'000'500'000'000);
  ASSERT_EQ(answer.size(), 48U);
  EXPECT_EQ(answer[0], 0x24) << "version 4, server, no leap second";
  EXPECT_GT(answer[1], 0) << "stratum 0 would be a kiss of death";
  EXPECT_EQ(Bytes(answer.begin() + 24, answer.begin() + 32), Bytes(request.begin() + 40, request.end()));
  EXPECT_EQ(Bytes(answer.begin() + 40, answer.end()), (Bytes{0xE8, 0xFE, 0x6F, 0x80, 0x80, 0, 0, 0}));
}

TEST(DatagramProtocols, TakeOnlyRequestsOfClientsForTime) {
  Bytes reply = ntp_request();
  reply[0] = 0x24;
  EXPECT_EQ(name_of(123, reply), "");
  EXPECT_EQ(name_of(124, ntp_request()), "");
  EXPECT_EQ(name_of(123, Bytes(47, 0x23)), "");
}

Route from(const std::string& address) {
  Route route = to_port(3478);
  route.source = {asio::ip::make_address(address), 32853};
  return route;
}

TEST(DatagramProtocols, TellAStunClientTheAddressItIsSeenAt) {
  // Answers as in RFC 5769, sections 2.2 and 2.3.
  const Bytes request = from_hex("000100002112a442b7e7a701bc34d686fa87dfae").value();
  ASSERT_EQ(name_of(3478, request), "stun");
  const auto answer = [&](const std::string& address) {
    return to_hex(datagram_protocol(to_port(3478), request)->answer(from(address), request, 0));
  };
  EXPECT_EQ(answer("192.0.2.1"), "0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643");
  EXPECT_EQ(answer("2001:db8:1234:5678:11:2233:4455:6677"),
            "010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9");
  Bytes indication = request;
  indication[1] = 0x11;
  EXPECT_EQ(name_of(3478, indication), "");
}

Bytes quic_initial(std::size_t size) {
  Bytes packet = {0xC3, 0, 0, 0, 1, 4, 'd', 'e', 's', 't', 2, 's', 'c'};
  packet.resize(size, 0xAA);
  return packet;
}

TEST(DatagramProtocols, OfferQuicAVersionNobodySpeaksOnAnyPort) {
  const Bytes initial = quic_initial(1200);
  ASSERT_EQ(name_of(443, initial), "quic");
  ASSERT_EQ(name_of(8443, initial), "quic");
  EXPECT_EQ(datagram_protocol(to_port(443), initial)->answer(to_port(443), initial, 0),
            (Bytes{0xC0, 0, 0, 0, 0, 2, 's', 'c', 4, 'd', 'e', 's', 't', 0x1a, 0x2a, 0x3a, 0x4a}));
}

TEST(DatagramProtocols, NeverAnswerAVersionNegotiationOrAnImpossiblePacket) {
  EXPECT_EQ(name_of(443, quic_initial(1199)), "");
  Bytes negotiation = quic_initial(1200);
  negotiation[4] = 0;
  EXPECT_EQ(name_of(443, negotiation), "");
  Bytes long_id = quic_initial(1200);
  long_id[5] = 21;
  EXPECT_EQ(name_of(443, long_id), "");
}

}  // namespace
}  // namespace candor::internet
