// SPDX-License-Identifier: Apache-2.0
//
// A guest, and a process inside, try to get out: to listeners on the host's loopback and own addresses, to
// the metadata address, to the gateway's other ports, past the gateway. None arrives, every try is in the
// capture, and what goes to the gateway arrives in the compartment's sink with its true destination (so the
// tries are real ones).
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <set>

#include "base/error.h"
#include "base/process.h"
#include "wire_fixture.h"

namespace candor::seal::test {
namespace {

/// A TCP and a UDP listener of the host at the same port of one address.
class HostListener {
 public:
  explicit HostListener(const std::string& address) : address_(address) {
    const int family = is_ipv6(address) ? AF_INET6 : AF_INET;
    tcp_.reset(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    udp_.reset(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_storage at{};
    auto* const v4 = reinterpret_cast<sockaddr_in*>(&at);
    auto* const v6 = reinterpret_cast<sockaddr_in6*>(&at);
    at.ss_family = static_cast<sa_family_t>(family);
    void* const host = family == AF_INET ? static_cast<void*>(&v4->sin_addr) : &v6->sin6_addr;
    socklen_t size = sizeof at;
    auto* const any = reinterpret_cast<sockaddr*>(&at);
    if (::inet_pton(family, address.c_str(), host) != 1 || ::bind(tcp_.get(), any, sizeof at) != 0 ||
        ::listen(tcp_.get(), 8) != 0 || ::getsockname(tcp_.get(), any, &size) != 0 ||
        ::bind(udp_.get(), any, size) != 0)
      throw errno_error("listening at " + address);
    port_ = ntohs(v4->sin_port);  // the same place for IPv6
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool untouched() const {
    char byte = 0;
    return ::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC) < 0 && errno == EAGAIN &&
           ::recv(udp_.get(), &byte, 1, 0) < 0 && errno == EAGAIN;
  }

 private:
  std::string address_;
  UniqueFd tcp_;
  UniqueFd udp_;
  std::uint16_t port_ = 0;
};

/// As root the host is a network namespace of the test's own, which has the metadata address and addresses of
/// documentation ranges; an ordinary user has the host as it is.
class SealingTest : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    if (IsSkipped()) return;
    if (::geteuid() == 0) become_host();
    for (const std::string& address : host_addresses()) listeners_.emplace_back(address);
  }

  void expect_listeners_untouched() const {
    for (const HostListener& listener : listeners_) EXPECT_TRUE(listener.untouched()) << listener.address();
  }
  void send(Tins::EthernetII frame) { guest_->send(frame); }

  std::vector<HostListener> listeners_;

 private:
  static void become_host() {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    must_run({.name = "ip", .argv = {"ip", "-batch", "-"}},
             "link set lo up\naddr add 192.0.2.1/32 dev lo\naddr add 169.254.169.254/32 dev lo\n"
             "addr add 2001:db8::1/128 dev lo nodad\n");
  }

  static std::set<std::string> host_addresses() {
    std::set<std::string> addresses;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) throw errno_error("listing addresses");
    for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
      if (one->ifa_addr == nullptr) continue;
      std::array<char, INET6_ADDRSTRLEN> text{};
      const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      const bool link_local = one->ifa_addr->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
      if (one->ifa_addr->sa_family == AF_INET)
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text.data(),
                    text.size());
      else if (one->ifa_addr->sa_family == AF_INET6 && !link_local)
        ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
      if (text[0] != '\0') addresses.insert(text.data());
    }
    ::freeifaddrs(list);
    return addresses;
  }
};

TEST_F(SealingTest, NoFrameOfTheGuestReachesTheHostAndAllAreRecorded) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  const std::vector<std::string> macs = {kGatewayMac,         "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00",
                                         "52:54:00:99:99:99", "01:00:5e:00:00:01", "33:33:00:00:00:01"};
  std::vector<std::string> expected;
  for (const HostListener& listener : listeners_) {
    const bool loopback = listener.address() == "127.0.0.1" || listener.address() == "::1";
    if (!loopback) {
      EXPECT_TRUE(guest_->connects(listener.address(), listener.port())) << listener.address();
      expected.push_back(listener.address() + " " + std::to_string(listener.port()));
    }
    for (const std::string& mac : macs) {
      send(syn(mac, listener.address(), listener.port()));
      send(datagram(mac, listener.address(), listener.port()));
    }
  }
  wait_taken();
  ASSERT_TRUE(finish());
  expect_listeners_untouched();
  EXPECT_EQ(captured_from_guest(), guest_->sent());
  for (const std::string& line : expected) EXPECT_TRUE(arrives(line)) << line;
}

TEST_F(SealingTest, TheMetadataAddressAndAnyOtherEndInTheCompartment) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  for (const char* address : {"169.254.169.254", "198.51.100.7", "10.0.0.1", "192.168.1.1", "8.8.8.8",
                              "2001:db8::99", "fd00:ec2::254", "fe80::1234"}) {
    const bool other_link_local = std::string(address) == "fe80::1234";
    EXPECT_EQ(guest_->connects(address, 80), !other_link_local) << address;
  }
  wait_taken();
  ASSERT_TRUE(finish());
  expect_listeners_untouched();
  EXPECT_EQ(captured_from_guest(), guest_->sent());
}

TEST_F(SealingTest, TheGatewaysOtherPortsEndInTheSink) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  for (const std::uint16_t port : std::vector<std::uint16_t>{1, 22, 53, 80, 5555, 61000, 65535}) {
    EXPECT_TRUE(guest_->connects(kGateway4, port)) << port;
    EXPECT_TRUE(guest_->connects(kGateway6, port)) << port;
    send(datagram(kGatewayMac, kGateway4, port));
  }
  EXPECT_TRUE(arrives(std::string(kGateway4) + " 22"));
  EXPECT_TRUE(arrives(std::string(kGateway4) + " 65535"));
}

TEST_F(SealingTest, FramesToOtherMacsAndOfVlansReachNothing) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  send(datagram("52:54:00:99:99:99", "198.51.100.1", 1001));
  send(datagram("00:00:00:00:00:00", "198.51.100.1", 1002));
  for (const std::uint16_t id : std::vector<std::uint16_t>{1, 5, 4095}) {
    Tins::EthernetII frame = datagram(kGatewayMac, "198.51.100.1", 1003);
    const Tins::EthernetII outer(frame.dst_addr(), frame.src_addr());
    send(outer / Tins::Dot1Q(id) / *frame.inner_pdu());
    send(outer / Tins::Dot1Q(id) / Tins::Dot1Q(7) / *frame.inner_pdu());
  }
  send(datagram(kGatewayMac, "127.0.0.1", 1004));
  send(datagram(kGatewayMac, "::1", 1005));
  send(datagram(kGatewayMac, "198.51.100.1", 1006));  // the last of the row, to know that all were dealt with
  ASSERT_TRUE(arrives("198.51.100.1 1006"));
  wait_taken();
  ASSERT_TRUE(finish());
  EXPECT_EQ(arrived(), std::vector<std::string>{"198.51.100.1 1006"});
  EXPECT_EQ(captured_from_guest(), guest_->sent());
}

TEST_F(SealingTest, BroadcastsReachTheSinkAndMulticastNobody) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  send(datagram("01:00:5e:00:00:fb", "224.0.0.251", 5353));
  send(datagram("33:33:00:00:00:fb", "ff02::fb", 5353));
  send(datagram("01:00:5e:00:00:01", "224.0.0.1", 1007));
  send(datagram("ff:ff:ff:ff:ff:ff", "255.255.255.255", 67));
  send(datagram("ff:ff:ff:ff:ff:ff", "10.77.0.255", 137));
  EXPECT_TRUE(arrives("255.255.255.255 67"));
  EXPECT_TRUE(arrives("10.77.0.255 137"));
  EXPECT_EQ(arrived().size(), 2U);
  wait_taken();
  ASSERT_TRUE(finish());
  EXPECT_EQ(captured_from_guest(), guest_->sent());
}

TEST_F(SealingTest, NothingIsForwardedOrSentBackToAnotherGuest) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  // To a neighbour's address by way of the gateway: it must not come back out of the tap.
  for (const char* address : {"10.77.0.99", "198.51.100.1", kGateway4})
    send(Tins::EthernetII(Tins::HWAddress<6>(kGatewayMac), kGuestMac) / Tins::IP(address, "10.77.0.2") /
         Tins::ICMP());
  send(syn(kGatewayMac, kGateway4, 80));
  EXPECT_TRUE(guest_->receives([&](Tins::EthernetII& frame) {
    EXPECT_EQ(frame.find_pdu<Tins::ICMP>(), nullptr) << "echo is for the simulated internet to answer";
    const auto* const arp = frame.find_pdu<Tins::ARP>();
    EXPECT_TRUE(arp == nullptr || arp->target_ip_addr() != Tins::IPv4Address("10.77.0.99"));
    return frame.find_pdu<Tins::TCP>() != nullptr;
  }));
}

TEST_F(SealingTest, NoProcessInsideReachesTheHost) {
  std::string line;
  for (const HostListener& listener : listeners_)
    line += "(exec 3<>/dev/tcp/" + listener.address() + "/" + std::to_string(listener.port()) +
            " && echo reached " + listener.address() + ") 2>/dev/null; (echo x > /dev/udp/" +
            listener.address() + "/" + std::to_string(listener.port()) + ") 2>/dev/null; ";
  CompartmentSpec wanted = spec(true);
  Child child = shell("asked", "");
  child.argv = {"bash", "-c", line + "true"};
  child.capabilities = {Capability::net_admin, Capability::net_raw, Capability::net_bind_service};
  wanted.children.push_back(child);
  const auto compartment = start(std::move(wanted));
  EXPECT_TRUE(run(compartment->next_end()).status.ok());
  EXPECT_EQ(read_text(folder() / "asked.log"), "");
  expect_listeners_untouched();
}

}  // namespace
}  // namespace candor::seal::test
