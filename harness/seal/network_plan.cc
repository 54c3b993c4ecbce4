// SPDX-License-Identifier: Apache-2.0
#include "seal/network_plan.h"

#include <algorithm>

#include "base/error.h"
#include "seal/compartment.h"

namespace candor::seal {

std::vector<std::pair<std::string, std::string>> network_settings() {
  // A new namespace takes its IPv4 settings over from the host, so nothing is left to defaults.
  std::vector<std::pair<std::string, std::string>> settings = {
      {"ipv4/ip_forward", "0"},
      {"ipv4/ip_unprivileged_port_start", "0"},
      {"ipv4/fwmark_reflect", "0"},
      {"ipv4/tcp_fwmark_accept", "0"},
      // The simulated internet answers echo requests, for every address; the kernel could only for the
      // gateway's.
      {"ipv4/icmp_echo_ignore_all", "1"},
      {"ipv6/icmp/echo_ignore_all", "1"},
  };
  for (const std::string scope : {"all", "default"}) {
    const std::string v4 = "ipv4/conf/" + scope + "/";
    const std::string v6 = "ipv6/conf/" + scope + "/";
    for (const char* off : {"rp_filter", "accept_redirects", "send_redirects", "accept_source_route",
                            "route_localnet", "accept_local", "proxy_arp", "src_valid_mark"})
      settings.emplace_back(v4 + off, "0");
    settings.emplace_back(v4 + "arp_ignore", "1");  // no answer for loopback's addresses
    for (const char* off :
         {"forwarding", "accept_ra", "autoconf", "accept_redirects", "accept_source_route",
          "router_solicitations", "accept_dad", "dad_transmits", "disable_ipv6", "addr_gen_mode"})
      settings.emplace_back(v6 + off, "0");
  }
  // Of "all", addr_gen_mode and disable_ipv6 would touch living interfaces only; the default is what counts.
  std::erase_if(settings, [](const auto& s) { return s.first == "ipv6/conf/all/addr_gen_mode"; });
  return settings;
}

std::string firewall_rules() {
  const std::string tap = kTapName;
  const std::string sink = std::to_string(kSinkPort);
  return "table inet candor {\n"
         "  chain arrive {\n"
         "    type filter hook prerouting priority mangle; policy drop;\n"
         "    iifname \"lo\" accept\n"
         "    iifname \"" +
         tap +
         "\" jump from_guest\n"
         "  }\n"
         "  chain from_guest {\n"
         // The kernel hands broadcasts of its own back to itself, as if the guest had sent them.
         "    ip saddr " +
         std::string(kGateway4) +
         " drop\n"
         "    ip saddr 127.0.0.0/8 drop\n"
         "    ip daddr 127.0.0.0/8 drop\n"
         "    ip6 saddr ::1 drop\n"
         "    ip6 daddr ::1 drop\n"
         // DHCP, for the address service, before all that is said to groups of hosts.
         "    udp sport 68 udp dport 67 meta nfproto ipv4 accept\n"
         "    udp sport 546 udp dport 547 meta nfproto ipv6 accept\n"
         // 6 and 17: TCP and UDP; 1 and 58: ICMP and ICMPv6. Names would need /etc/protocols.
         "    ip daddr 224.0.0.0/4 meta l4proto { 6, 17 } drop\n"
         "    ip6 daddr ff00::/8 meta l4proto { 6, 17 } drop\n"
         "    meta nfproto ipv4 meta l4proto { 6, 17 } tproxy ip to :" +
         sink +
         " meta mark set 1 accept\n"
         "    meta nfproto ipv6 meta l4proto { 6, 17 } tproxy ip6 to :" +
         sink +
         " meta mark set 1 accept\n"
         "    icmp type echo-request meta mark set 1 accept\n"
         "    icmpv6 type echo-request meta mark set 1 accept\n"
         "    meta l4proto { 1, 58 } accept\n"
         "  }\n"
         "  chain input {\n"
         "    type filter hook input priority filter; policy drop;\n"
         "    iifname \"lo\" accept\n"
         "    iifname != \"" +
         tap +
         "\" drop\n"
         "    meta mark 1 accept\n"
         "    udp sport 68 udp dport 67 meta nfproto ipv4 accept\n"
         "    udp sport 546 udp dport 547 meta nfproto ipv6 accept\n"
         "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept\n"
         "  }\n"
         "  chain forward { type filter hook forward priority filter; policy drop; }\n"
         "  chain output {\n"
         "    type filter hook output priority filter; policy drop;\n"
         "    oifname { \"lo\", \"" +
         tap +
         "\" } accept\n"
         "  }\n"
         "}\n";
}

std::string address_commands() {
  const std::string tap = kTapName;
  return "link set lo up\n"
         "link set " +
         tap + " address " + kGatewayMac +
         "\n"
         "addr add " +
         std::string(kGateway4) + "/24 dev " + tap +
         "\n"
         "addr add " +
         std::string(kGateway6) + "/64 dev " + tap +
         " nodad\n"
         "rule add fwmark 1 lookup 100\n"
         "route add local default dev lo table 100\n"
         "link set " +
         tap + " up\n";
}

std::string address_commands6() {
  return "rule add fwmark 1 lookup 100\nroute add local default dev lo table 100\n";
}

namespace {

std::string text_of(const Json& route, const char* key) {
  const auto found = route.find(key);
  return found != route.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool stays_inside(const Json& route) {
  if (!route.is_object()) return false;
  for (const char* hop : {"gateway", "via", "nexthops", "nhid", "encap"})
    if (route.contains(hop)) return false;
  const std::string device = text_of(route, "dev");
  if (device != "lo" && device != kTapName) return false;
  const std::string destination = text_of(route, "dst");
  const bool everything =
      destination.empty() || destination == "default" || destination == "0.0.0.0/0" || destination == "::/0";
  return !everything || (text_of(route, "type") == "local" && device == "lo");
}

}  // namespace

std::optional<std::string> way_out(const std::vector<std::string>& interfaces, const Json& routes) {
  for (const std::string& interface : interfaces)
    if (interface != "lo" && interface != kTapName)
      return "the compartment has a further interface, " + printable(interface) +
             "; if it is a tunnel the kernel makes in every namespace, mend it with: "
             "sudo sysctl -w net.core.fb_tunnels_only_for_init_net=1";
  if (!routes.is_array()) return "the routes could not be read";
  for (const Json& route : routes)
    if (!stays_inside(route)) return "the compartment has a route out: " + printable(dump_json(route));
  return std::nullopt;
}

}  // namespace candor::seal
