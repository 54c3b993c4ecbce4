// SPDX-License-Identifier: Apache-2.0
//
// What the world's name server says beyond addresses: every domain has name servers and takes mail, services
// are where their names say, and an address leads back to the name it was given out for. Pure functions.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internet/dns_query.h"
#include "internet/name_pool.h"

namespace candor::internet {

/// The data of the records that answer a query, in the form of zone files (RFC 1035, section 5); none where a
/// real domain has none either (TXT, CAA, HTTPS …), and for addresses.
[[nodiscard]] std::vector<std::string> records_for(const DnsQuery& query, const NamePool& names);

/// The address in a name below in-addr.arpa or ip6.arpa; nothing if it is none.
[[nodiscard]] std::optional<asio::ip::address> reverse_address(std::string_view name);

}  // namespace candor::internet
