// SPDX-License-Identifier: Apache-2.0
#include "guest.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "seal/compartment.h"

namespace candor::seal::test {

using namespace Tins;

namespace {

constexpr const char* kGuest4 = "10.77.0.2";
constexpr const char* kGuest6 = "fd77::2";
constexpr std::uint16_t kGuestPort = 40000;

EthernetII with_ip(const std::string& mac, const std::string& address, const PDU& payload) {
  EthernetII frame(HWAddress<6>(mac), kGuestMac);
  if (is_ipv6(address)) {
    IPv6 packet{IPv6Address(address), IPv6Address(kGuest6)};
    packet.hop_limit(64);
    return frame / packet / payload;
  }
  return frame / IP(IPv4Address(address), IPv4Address(kGuest4)) / payload;
}

}  // namespace

bool is_ipv6(const std::string& address) { return address.find(':') != std::string::npos; }

EthernetII syn(const std::string& mac, const std::string& address, std::uint16_t port) {
  TCP segment(port, kGuestPort);
  segment.set_flag(TCP::SYN, 1);
  segment.seq(1000);
  segment.window(64000);
  return with_ip(mac, address, segment);
}

EthernetII datagram(const std::string& mac, const std::string& address, std::uint16_t port) {
  return with_ip(mac, address, UDP(port, kGuestPort) / RawPDU("secret"));
}

void Guest::send(const Bytes& frame) {
  const std::size_t size = frame.size();
  Bytes bytes = {static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
                 static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  write_all(socket_.get(), bytes);
  sent_.push_back(frame);
}

std::optional<Bytes> Guest::next(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (received_.size() >= 4) {
      const std::size_t size = (std::size_t{received_[2]} << 8) | received_[3];
      if (received_.size() >= 4 + size) {
        const Bytes frame(received_.begin() + 4, received_.begin() + 4 + static_cast<std::ptrdiff_t>(size));
        received_.erase(received_.begin(), received_.begin() + 4 + static_cast<std::ptrdiff_t>(size));
        return frame;
      }
    }
    const auto rest =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{socket_.get(), POLLIN, 0};
    if (rest.count() <= 0 || ::poll(&ready, 1, static_cast<int>(rest.count())) <= 0) return std::nullopt;
    std::array<std::uint8_t, 65536> some{};
    const ssize_t count = ::read(socket_.get(), some.data(), some.size());
    if (count <= 0) return std::nullopt;
    received_.insert(received_.end(), some.begin(), some.begin() + count);
  }
}

bool Guest::receives(const std::function<bool(EthernetII&)>& matches, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (const std::optional<Bytes> bytes = next(deadline)) {
    EthernetII frame(bytes->data(), static_cast<std::uint32_t>(bytes->size()));
    if (matches(frame)) return true;
  }
  return false;
}

bool Guest::introduce() {
  EthernetII who_has = ARP::make_arp_request(IPv4Address(kGateway4), IPv4Address(kGuest4), kGuestMac);
  send(who_has);
  const bool known4 = receives([](EthernetII& frame) {
    const ARP* const arp = frame.find_pdu<ARP>();
    return arp != nullptr && arp->opcode() == ARP::REPLY &&
           arp->sender_hw_addr() == HWAddress<6>(kGatewayMac);
  });
  ICMPv6 solicitation(ICMPv6::NEIGHBOUR_SOLICIT);
  solicitation.target_addr(IPv6Address(kGateway6));
  solicitation.source_link_layer_addr(kGuestMac);
  IPv6 packet{IPv6Address(kGateway6), IPv6Address(kGuest6)};
  packet.hop_limit(255);
  EthernetII neighbour = EthernetII(HWAddress<6>(kGatewayMac), kGuestMac) / packet / solicitation;
  send(neighbour);
  const bool known6 = receives([](EthernetII& frame) {
    const ICMPv6* const icmp = frame.find_pdu<ICMPv6>();
    return icmp != nullptr && icmp->type() == ICMPv6::NEIGHBOUR_ADVERT;
  });
  return known4 && known6;
}

bool Guest::connects(const std::string& address, std::uint16_t port) {
  EthernetII frame = syn(kGatewayMac, address, port);
  send(frame);
  return receives([&](EthernetII& answer) {
    const TCP* const tcp = answer.find_pdu<TCP>();
    if (tcp == nullptr || tcp->sport() != port || tcp->flags() != (TCP::SYN | TCP::ACK)) return false;
    const IP* const ip = answer.find_pdu<IP>();
    const IPv6* const ip6 = answer.find_pdu<IPv6>();
    return is_ipv6(address) ? ip6 != nullptr && ip6->src_addr() == IPv6Address(address)
                            : ip != nullptr && ip->src_addr() == IPv4Address(address);
  });
}

}  // namespace candor::seal::test
