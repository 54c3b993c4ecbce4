// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/fd.h"

namespace candor::relay {
namespace {

using asio::ip::tcp;

/// A connection between a "host" on loopback and the other end of the pair.
struct RelayConnection : testing::Test {
  RelayConnection() : acceptor(io, {asio::ip::address_v4::loopback(), 0}), host(io), inside(io) {
    tcp::socket out(io);
    out.connect(acceptor.local_endpoint());
    host = acceptor.accept();
    auto [ours, theirs] = socket_pair();
    inside.assign(asio::local::stream_protocol(), ours.release());
    asio::local::stream_protocol::socket relays(io, asio::local::stream_protocol(), theirs.release());
    connection = std::make_unique<Connection>(std::move(out), std::move(relays), receivable);
    asio::co_spawn(io, connection->run(),
                   [this](const std::exception_ptr& thrown) { over = thrown == nullptr; });
  }
  void go() {
    io.restart();
    io.run_for(std::chrono::milliseconds(50));
  }
  void until_over() {
    io.restart();
    for (int i = 0; i < 100 && !over; ++i) io.run_one_for(std::chrono::milliseconds(50));
  }

  asio::io_context io{1};
  tcp::acceptor acceptor;
  tcp::socket host;
  asio::local::stream_protocol::socket inside;
  std::uint64_t receivable = 1000;
  std::unique_ptr<Connection> connection;
  bool over = false;
};

TEST_F(RelayConnection, CarriesBothWaysAndCounts) {
  asio::write(inside, asio::buffer("question", 8));
  go();
  std::string heard(8, '\0');
  asio::read(host, asio::buffer(heard));
  EXPECT_EQ(heard, "question");
  asio::write(host, asio::buffer("answer", 6));
  inside.shutdown(asio::socket_base::shutdown_send);
  go();
  EXPECT_FALSE(over) << "the host may still say something";
  host.shutdown(tcp::socket::shutdown_send);
  until_over();
  EXPECT_TRUE(over);
  heard.resize(6);
  asio::read(inside, asio::buffer(heard));
  EXPECT_EQ(heard, "answer");
  EXPECT_EQ(connection->sent(), 8U);
  EXPECT_EQ(connection->received(), 6U);
  EXPECT_EQ(connection->ended(), "eof");
}

TEST_F(RelayConnection, TellsAHostThatResets) {
  host.set_option(asio::socket_base::linger(true, 0));
  host.close();
  until_over();
  EXPECT_EQ(connection->ended(), "reset");
}

TEST_F(RelayConnection, EndsWithTheSealedSide) {
  inside.close();
  go();
  asio::write(host, asio::buffer("too late", 8));
  until_over();
  EXPECT_TRUE(over);
}

TEST_F(RelayConnection, EndsAHostThatSendsWithoutEnd) {
  const std::string much(2000, 'x');
  asio::write(host, asio::buffer(much));
  until_over();
  EXPECT_EQ(connection->ended(), "limit");
}

TEST_F(RelayConnection, StopsAtOnce) {
  connection->stop();
  until_over();
  EXPECT_EQ(connection->ended(), "stopped");
}

}  // namespace
}  // namespace candor::relay
