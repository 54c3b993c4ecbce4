// SPDX-License-Identifier: Apache-2.0
//
// A guest that knows nothing of its network asks dnsmasq in a real compartment, over the real wire.
#include "seal/address_service.h"

#include <gmock/gmock.h>

#include "wire_fixture.h"

namespace candor::seal::test {
namespace {

using namespace Tins;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AddressServiceTest : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    if (IsSkipped()) return;
    start_wire();
    run(compartment_->start_child(address_service(folder() / "leases", folder() / "dhcp.log"), soon()));
  }

  /// Asks until there is an answer, as guests do: dnsmasq may not listen yet.
  template <typename Send>
  bool ask(const Send& send, const std::function<bool(EthernetII&)>& answers) {
    for (int tries = 0; tries < 20; ++tries) {
      send();
      if (guest_->receives(answers, std::chrono::milliseconds(500))) return true;
    }
    return false;
  }

  void send_dhcp(DHCP::Flags type, const std::string& wanted = {}) {
    DHCP message;
    message.type(type);
    message.chaddr(kGuestMac);
    message.xid(7);
    if (!wanted.empty()) message.requested_ip(IPv4Address(wanted));
    message.end();
    EthernetII frame = EthernetII(HWAddress<6>("ff:ff:ff:ff:ff:ff"), kGuestMac) /
                       IP("255.255.255.255", "0.0.0.0") / UDP(67, 68) / message;
    guest_->send(frame);
  }

  /// The answer to DHCP of a type, in `answer_`.
  std::function<bool(EthernetII&)> dhcp(DHCP::Flags type) {
    return [this, type](EthernetII& frame) {
      const UDP* const udp = frame.find_pdu<UDP>();
      const RawPDU* const raw = frame.find_pdu<RawPDU>();
      if (udp == nullptr || raw == nullptr || udp->sport() != 67) return false;
      answer_ = DHCP(raw->payload().data(), static_cast<std::uint32_t>(raw->payload().size()));
      return answer_.type() == type;
    };
  }

  DHCP answer_;
};

TEST_F(AddressServiceTest, GivesAddressGatewayAndNameServerForEver) {
  ASSERT_TRUE(ask([&] { send_dhcp(DHCP::DISCOVER); }, dhcp(DHCP::OFFER))) << read_text(folder() / "dhcp.log");
  EXPECT_EQ(answer_.yiaddr(), IPv4Address(kFirstAddress4));
  ASSERT_TRUE(ask([&] { send_dhcp(DHCP::REQUEST, kFirstAddress4); }, dhcp(DHCP::ACK)));
  EXPECT_THAT(answer_.routers(), ElementsAre(IPv4Address(kGateway4)));
  EXPECT_THAT(answer_.domain_name_servers(), ElementsAre(IPv4Address(kGateway4)));
  EXPECT_EQ(answer_.lease_time(), 0xffffffffU);
  EXPECT_THAT(arrived(), IsEmpty()) << "what the address service answers is not the internet's";
}

TEST_F(AddressServiceTest, GrantsTheAddressThatAnotherCompartmentGave) {
  ASSERT_TRUE(ask([&] { send_dhcp(DHCP::REQUEST, "10.77.0.9"); }, dhcp(DHCP::ACK)))
      << read_text(folder() / "dhcp.log");
  EXPECT_EQ(answer_.yiaddr(), IPv4Address("10.77.0.9"));
}

TEST_F(AddressServiceTest, AdvertisesPrefixRouterAndNameServer) {
  const auto solicit = [&] {
    IPv6 packet{IPv6Address("ff02::2"), IPv6Address("fe80::2")};
    packet.hop_limit(255);
    EthernetII frame =
        EthernetII(HWAddress<6>("33:33:00:00:00:02"), kGuestMac) / packet / ICMPv6(ICMPv6::ROUTER_SOLICIT);
    guest_->send(frame);
  };
  ICMPv6 advert;
  ASSERT_TRUE(ask(solicit, [&](EthernetII& frame) {
    const ICMPv6* const icmp = frame.find_pdu<ICMPv6>();
    if (icmp == nullptr || icmp->type() != ICMPv6::ROUTER_ADVERT) return false;
    advert = *icmp;
    return true;
  })) << read_text(folder() / "dhcp.log");
  EXPECT_EQ(advert.router_lifetime(), 9000);
  const ICMPv6::prefix_info_type prefix = advert.prefix_info();
  EXPECT_EQ(prefix.prefix, IPv6Address("fd77::"));
  EXPECT_EQ(prefix.prefix_len, 64);
  EXPECT_TRUE(prefix.A);
  EXPECT_EQ(prefix.valid_lifetime, 0xffffffffU);
  EXPECT_THAT(advert.recursive_dns_servers().servers, ElementsAre(IPv6Address(kGateway6)));
}

}  // namespace
}  // namespace candor::seal::test
