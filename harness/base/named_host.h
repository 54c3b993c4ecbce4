// SPDX-License-Identifier: Apache-2.0
//
// A host of the real world by its exact name or address, with one of its ports or all of them, and which
// addresses are the public internet's. Whoever reads such a name refuses what could mean more than one host:
// patterns, names without a dot (search lists complete them), addresses of private networks. Pure functions
// over any bytes.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

struct NamedHost {
  std::string host;        ///< In lower case, without a final dot; an address as the library writes it.
  std::uint16_t port = 0;  ///< 0: every port.
  [[nodiscard]] std::string text() const;  ///< "cloud.example", "cloud.example:443", "[2001:db8::1]:443".
  auto operator<=>(const NamedHost&) const = default;
};

/// What such a name is, for messages.
inline constexpr const char* kNamedHostForm =
    "a host's full name or public address, with a port or without: cloud.example or cloud.example:443";

/// Reads "host", "host:port", "[IPv6]:port"; throws Error(Fault::input) that says what is wrong.
[[nodiscard]] NamedHost parse_named_host(std::string_view text);

/// `host` in the form NamedHost has: lower case, no final dot, addresses as the library writes them.
[[nodiscard]] std::string plain_host_name(std::string_view host);

/// Whether one of `hosts` is this host at this port. `host` in plain_host_name's form.
[[nodiscard]] bool names_host(const std::vector<NamedHost>& hosts, std::string_view host, std::uint16_t port);

/// Whether an address is one of the public internet, by IANA's special-purpose registries (RFC 6890): not
/// loopback, private, link-local, shared, benchmarking, multicast or reserved, nor one of those within an
/// IPv6 address.
[[nodiscard]] bool is_public(const boost::asio::ip::address& address);

}  // namespace candor
