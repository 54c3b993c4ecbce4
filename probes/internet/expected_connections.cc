// SPDX-License-Identifier: Apache-2.0
#include "internet/expected_connections.h"

#include <utility>

#include "internet/conversation.h"

namespace candor::internet {

namespace {

constexpr std::uint16_t kFirstPort = 49'152;  // of those nobody has registered (RFC 6335)

}  // namespace

std::uint16_t ExpectedConnections::expect(const asio::ip::address& server, const asio::ip::address& client,
                                          Expected what) {
  do {
    last_port_ = last_port_ < kFirstPort ? kFirstPort : static_cast<std::uint16_t>(last_port_ + 1);
  } while (last_port_ < kFirstPort || expected_.contains({server, client, last_port_}));
  expected_[{server, client, last_port_}] = std::move(what);
  return last_port_;
}

void ExpectedConnections::cancel(const asio::ip::address& server, const asio::ip::address& client,
                                 std::uint16_t port) {
  expected_.erase({server, client, port});
}

Expected ExpectedConnections::take(const Endpoint& server, const asio::ip::address& client) {
  const auto found = expected_.find({server.address, client, server.port});
  if (found == expected_.end()) return {};
  Expected what = std::move(found->second);
  expected_.erase(found);
  return what;
}

}  // namespace candor::internet
