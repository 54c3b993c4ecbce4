// SPDX-License-Identifier: Apache-2.0
//
// The compartment's network as data: kernel settings, addresses, firewall, and the proof that there is no way
// out. Pure functions; init/network.cc carries them out, in this order: settings, firewall, tap, addresses,
// proof.
//
// What the guest can reach: TCP and UDP to any address but multicast, v4 and v6, any port, the gateway's own
// included, end in the one listener at kSinkPort (TPROXY keeps the true destination), and echo requests to
// any such address in its raw sockets. ARP and neighbour discovery are answered by the kernel, DHCP and
// router solicitations by address_service.h. Everything else, multicast, frames to other MACs, VLANs,
// loopback addresses and further protocols among it, was recorded by the wire and is dropped here.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace candor::seal {

/// (path below /proc/sys/net, value), to be set before any interface is up.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> network_settings();
/// For `nft -f -`. Every chain drops what it does not name.
[[nodiscard]] std::string firewall_rules();
/// For `ip -batch -`, and for `ip -6 -batch -`.
[[nodiscard]] std::string address_commands();
[[nodiscard]] std::string address_commands6();
/// A sentence if these interfaces, or these routes (of `ip -json route show table all`), could lead anywhere
/// but to the tap and loopback.
[[nodiscard]] std::optional<std::string> way_out(const std::vector<std::string>& interfaces,
                                                 const Json& routes);

}  // namespace candor::seal
