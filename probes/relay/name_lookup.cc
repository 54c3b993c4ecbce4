// SPDX-License-Identifier: Apache-2.0
#include "relay/name_lookup.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "base/named_host.h"

namespace candor::relay {

namespace {

using asio::ip::tcp;
using boost::system::error_code;

/// Shared with the resolver's handler, which may come after everybody stopped waiting.
struct Pending {
  explicit Pending(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool answered = false;
  error_code problem;
  std::vector<tcp::endpoint> endpoints;
};

Lookup public_ones(const std::string& host, const Pending& pending) {
  Lookup found;
  std::string others;
  for (const tcp::endpoint& endpoint : pending.endpoints) {
    if (is_public(endpoint.address())) {
      found.endpoints.push_back(endpoint);
    } else {
      others += (others.empty() ? "" : ", ") + endpoint.address().to_string();
    }
  }
  if (!pending.answered) {
    found.problem = "looking up " + host + " took too long";
  } else if (pending.problem) {
    found.problem = "looking up " + host + ": " + pending.problem.message();
  } else if (found.endpoints.empty()) {
    found.problem =
        host + " leads to no address of the public internet" + (others.empty() ? "" : ", but to " + others);
  }
  return found;
}

}  // namespace

asio::awaitable<Lookup> look_up(std::string host, std::uint16_t port,
                                std::chrono::steady_clock::time_point deadline) {
  const auto pending = std::make_shared<Pending>(co_await asio::this_coro::executor);
  pending->done.expires_at(deadline);
  pending->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [pending](const error_code& problem, const tcp::resolver::results_type& results) {
        pending->answered = true;
        pending->problem = problem;
        for (const auto& entry : results) pending->endpoints.push_back(entry.endpoint());
        pending->done.cancel();
      });
  error_code answered;
  co_await pending->done.async_wait(asio::redirect_error(asio::use_awaitable, answered));
  co_return public_ones(host, *pending);
}

}  // namespace candor::relay
