// SPDX-License-Identifier: Apache-2.0
#include "internet/endpoint.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace candor::internet {

std::string address_text(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  return asio::ip::address_v6(address.to_v6().to_bytes()).to_string();
}

Json to_json(const Endpoint& endpoint) {
  return {{"address", address_text(endpoint.address)}, {"port", endpoint.port}};
}

Endpoint endpoint_from(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    asio::ip::address_v6::bytes_type bytes;
    std::copy(std::begin(in.sin6_addr.s6_addr), std::end(in.sin6_addr.s6_addr), bytes.begin());
    return {asio::ip::address_v6(bytes, in.sin6_scope_id), ntohs(in.sin6_port)};
  }
  sockaddr_in in{};
  std::memcpy(&in, &address, sizeof in);
  return {asio::ip::address_v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
}

unsigned to_sockaddr(const Endpoint& endpoint, sockaddr_storage& address) {
  address = {};
  if (endpoint.address.is_v6()) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(endpoint.port);
    const auto v6 = endpoint.address.to_v6();
    const auto bytes = v6.to_bytes();
    std::copy(bytes.begin(), bytes.end(), in.sin6_addr.s6_addr);
    in.sin6_scope_id = static_cast<std::uint32_t>(v6.scope_id());
    std::memcpy(&address, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(endpoint.port);
  in.sin_addr.s_addr = htonl(endpoint.address.to_v4().to_uint());
  std::memcpy(&address, &in, sizeof in);
  return sizeof in;
}

}  // namespace candor::internet
