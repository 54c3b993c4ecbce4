// SPDX-License-Identifier: Apache-2.0
//
// Answers ICMP and ICMPv6 echo requests for every address that belongs to one host (RFC 792, RFC 4443); the
// kernel could only for its own. The payload needs no keeping here: the wire records every frame and they are
// searched. An answer that the kernel will not send is left out, as in any network. One thread; needs
// CAP_NET_RAW and NET_ADMIN.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace candor::internet {

namespace asio = boost::asio;

class EchoServer {
 public:
  /// Listens at once; throws Error if it cannot.
  explicit EchoServer(const asio::any_io_executor& executor);
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  void start();
  void stop();

 private:
  [[nodiscard]] asio::awaitable<void> serve(asio::posix::stream_descriptor& socket, int family);

  asio::posix::stream_descriptor v4_;
  asio::posix::stream_descriptor v6_;
};

}  // namespace candor::internet
