// SPDX-License-Identifier: Apache-2.0
#include "internet/tcp_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "internet/spawn.h"
#include "internet/transparent_socket.h"

namespace candor::internet {

using boost::system::error_code;

namespace {

constexpr auto kDialLimit = std::chrono::seconds(10);

}  // namespace

TcpServer::TcpServer(asio::any_io_executor executor, Services& services, std::uint16_t port)
    : executor_(std::move(executor)), services_(services) {
  acceptors_.emplace_back(executor_, tcp::v4(), listen_tcp(AF_INET, port).release());
  acceptors_.emplace_back(executor_, tcp::v6(), listen_tcp(AF_INET6, port).release());
  for (tcp::acceptor& acceptor : acceptors_) acceptor.non_blocking(true);
  services_.dial = [this](const Endpoint& server, const Endpoint& client, Expected what) {
    spawn(executor_, dial(server, client, std::move(what)));
  };
}

void TcpServer::start() {
  for (tcp::acceptor& acceptor : acceptors_) spawn(executor_, accept_all(acceptor));
}

asio::awaitable<void> TcpServer::accept_all(tcp::acceptor& acceptor) {
  error_code closed;
  while (!closed && acceptor.is_open()) {
    co_await acceptor.async_wait(tcp::acceptor::wait_read, asio::redirect_error(asio::use_awaitable, closed));
    if (!closed && acceptor.is_open()) accept_waiting(acceptor);
  }
}

void TcpServer::accept_waiting(tcp::acceptor& acceptor) {
  while (true) {
    error_code error;
    tcp::endpoint source;  // told by accept(2), also of a peer that is gone again
    tcp::socket socket = acceptor.accept(source, error);
    if (error == asio::error::would_block) return;
    if (error == asio::error::connection_aborted) {
      services_.reporter.dropped(1);
      services_.trouble("connection lost", "a connection was aborted before it could be accepted");
      continue;
    }
    if (error) throw Error("accepting a connection: " + error.message());
    take(std::move(socket), source);
  }
}

void TcpServer::take(tcp::socket socket, const tcp::endpoint& source) {
  const tcp::endpoint destination = socket.local_endpoint();
  const Route route{"tcp",
                    {source.address(), source.port()},
                    {destination.address(), destination.port()},
                    services_.names.name_of(destination.address())};
  Expected expected = services_.expected.take(route.destination, route.source.address);
  add(std::move(socket), route, std::move(expected));
}

void TcpServer::add(tcp::socket socket, const Route& route, Expected expected) {
  make_room();
  auto connection = std::make_unique<TcpConnection>(services_, std::move(socket), route, std::move(expected));
  connections_.insert(connection.get());
  spawn(executor_, serve(std::move(connection)));
}

// As a server does that calls back, such as FTP's in active mode. A peer that does not take the call is no
// error.
asio::awaitable<void> TcpServer::dial(Endpoint server, Endpoint client, Expected what) {
  const tcp::endpoint to(client.address, client.port);
  tcp::socket socket(executor_);
  error_code error;
  try {
    socket.assign(to.protocol(), from_any_address(server).release());
  } catch (const Error& no_socket) {
    services_.trouble("connection not made", no_socket.what());
    co_return;
  }
  asio::steady_timer limit(executor_, kDialLimit);
  limit.async_wait([&socket](const error_code& cancelled) {
    if (!cancelled) socket.cancel();
  });
  co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, error));
  limit.cancel();
  if (error || !acceptors_.front().is_open()) co_return;
  add(std::move(socket), {"tcp", client, server, services_.names.name_of(server.address), {}},
      std::move(what));
}

void TcpServer::make_room() {
  if (connections_.size() < services_.limits.connections) return;
  const auto longest_silent = std::min_element(connections_.begin(), connections_.end(),
                                               [](const TcpConnection* left, const TcpConnection* right) {
                                                 return std::make_pair(left->over(), left->last_activity()) <
                                                        std::make_pair(right->over(), right->last_activity());
                                               });
  if (longest_silent != connections_.end()) (*longest_silent)->make_room();
}

asio::awaitable<void> TcpServer::serve(std::unique_ptr<TcpConnection> connection) {
  co_await connection->run();
  connections_.erase(connection.get());
  if (!connections_.empty()) co_return;
  for (asio::steady_timer& waiter : waiters_) waiter.cancel();
}

void TcpServer::check_idle() {
  const std::int64_t now = monotonic_ns();
  for (TcpConnection* connection : connections_) connection->check_idle(now);
}

void TcpServer::stop(std::int64_t deadline) {
  for (tcp::acceptor& acceptor : acceptors_) {
    accept_waiting(acceptor);
    acceptor.close();
  }
  for (TcpConnection* connection : connections_) connection->stop(deadline);
}

asio::awaitable<bool> TcpServer::wait_empty(std::chrono::steady_clock::time_point deadline) {
  while (!connections_.empty() && std::chrono::steady_clock::now() < deadline) {
    const auto waiter = waiters_.emplace(waiters_.end(), executor_, deadline);
    error_code cancelled;
    co_await waiter->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    waiters_.erase(waiter);
  }
  co_return connections_.empty();
}

}  // namespace candor::internet
