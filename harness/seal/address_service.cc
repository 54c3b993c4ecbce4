// SPDX-License-Identifier: Apache-2.0
#include "seal/address_service.h"

#include <string>

namespace candor::seal {

namespace {

constexpr const char* kLastAddress4 = "10.77.0.254";
/// Seconds between router advertisements, and how long each says that the router stays one (RFC 4861: at most
/// 9000).
constexpr const char* kAdvertisements = ",30,9000";

}  // namespace

Child address_service(const std::filesystem::path& leases, const std::filesystem::path& log) {
  const std::string tap = kTapName;
  Child child;
  child.name = kAddressService;
  child.argv = {
      "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-", "--log-dhcp",
      // The compartment has one user and no /etc/passwd, and nobody looks for a pid file.
      "--user=", "--group=", "--pid-file=", "--port=0", "--no-resolv", "--no-hosts", "--interface=" + tap,
      "--bind-interfaces", "--dhcp-leasefile=" + leases.string(),
      // A guest that asks for the address another compartment gave it gets it.
      "--dhcp-authoritative", "--no-ping", "--dhcp-sequential-ip",
      // Answers go to everyone, so that no neighbour has to be made known to the kernel first.
      "--dhcp-broadcast",
      std::string("--dhcp-range=") + kFirstAddress4 + "," + kLastAddress4 + ",255.255.255.0,infinite",
      std::string("--dhcp-option=option:router,") + kGateway4,
      std::string("--dhcp-option=option:dns-server,") + kGateway4, "--enable-ra",
      "--ra-param=" + tap + kAdvertisements,
      "--dhcp-range=::,constructor:" + tap + ",ra-stateless,64,infinite",
      std::string("--dhcp-option=option6:dns-server,[") + kGateway6 + "]"};
  child.log = log;
  // It refuses to serve DHCP without NET_ADMIN; NET_RAW is for advertisements.
  child.capabilities = {Capability::net_admin, Capability::net_raw};
  return child;
}

}  // namespace candor::seal
