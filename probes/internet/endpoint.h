// SPDX-License-Identifier: Apache-2.0
//
// An address and a port, and their form in events.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <tuple>

#include "base/json.h"

struct sockaddr_storage;

namespace candor::internet {

namespace asio = boost::asio;

struct Endpoint {
  asio::ip::address address;
  std::uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
  bool operator<(const Endpoint& other) const {
    return std::tie(address, port) < std::tie(other.address, other.port);
  }
};

/// The address as text, without the scope of a link-local one.
[[nodiscard]] std::string address_text(const asio::ip::address& address);
/// {address, port}.
[[nodiscard]] Json to_json(const Endpoint& endpoint);

[[nodiscard]] Endpoint endpoint_from(const sockaddr_storage& address);
/// Fills `address`; returns its length.
unsigned to_sockaddr(const Endpoint& endpoint, sockaddr_storage& address);

}  // namespace candor::internet
