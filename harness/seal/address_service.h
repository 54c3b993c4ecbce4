// SPDX-License-Identifier: Apache-2.0
//
// What lets a guest find its way without settings: dnsmasq as a child of the compartment, which answers
// DHCPv4, stateless DHCPv6 and router solicitations (RFC 2131, 8415, 4861, 8106). Addresses come from the
// compartment's networks, gateway and name server are the gateway's addresses; dnsmasq itself serves no
// names.
//
// Nothing it gives out runs out in a run, whatever a guest's clock does: leases and prefixes are for ever;
// the router's lifetime is the longest there may be and is renewed every half minute. So a fork is on the air
// at once with what its template was given, and sends nothing to stay there.
#pragma once

#include <filesystem>

#include "seal/compartment.h"

namespace candor::seal {

inline constexpr const char* kAddressService = "dhcp";      ///< Its name as a child.
inline constexpr const char* kFirstAddress4 = "10.77.0.2";  ///< What the first guest that asks is given.

/// `leases` is a file that it writes, in a writable folder of the spec. Pure.
[[nodiscard]] Child address_service(const std::filesystem::path& leases, const std::filesystem::path& log);

}  // namespace candor::seal
