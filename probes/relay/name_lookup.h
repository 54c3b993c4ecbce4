// SPDX-License-Identifier: Apache-2.0
//
// The system's resolver, with a deadline it does not have itself. What comes too late is dropped.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace candor::relay {

namespace asio = boost::asio;

struct Lookup {
  std::vector<asio::ip::tcp::endpoint> endpoints;  ///< Of the public internet alone, in the resolver's order.
  std::string problem;                             ///< Why there are none.
};

/// `host` may be an address.
[[nodiscard]] asio::awaitable<Lookup> look_up(std::string host, std::uint16_t port,
                                              std::chrono::steady_clock::time_point deadline);

}  // namespace candor::relay
