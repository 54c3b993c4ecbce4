// SPDX-License-Identifier: Apache-2.0
#include "internet/echo_server.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fd.h"
#include "internet/spawn.h"

namespace candor::internet {

namespace {

constexpr int kRequestsPerTurn = 64;
constexpr std::size_t kIcmpHeader = 8;
#ifndef IPV6_TRANSPARENT  // only in linux/in6.h, which clashes with netinet/in.h
constexpr int IPV6_TRANSPARENT = 75;
#endif

void set(int socket, int level, int option, const void* value, socklen_t size) {
  if (::setsockopt(socket, level, option, value, size) != 0)
    throw errno_error("setting up a socket for echo");
}

UniqueFd open_echo(int family) {
  const bool v6 = family == AF_INET6;
  UniqueFd socket(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP}));
  if (!socket) throw errno_error("making a socket for echo");
  const int on = 1;
  if (v6) {
    icmp6_filter only_requests{};
    ICMP6_FILTER_SETBLOCKALL(&only_requests);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REQUEST, &only_requests);
    set(socket.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &only_requests, sizeof only_requests);
    set(socket.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    set(socket.get(), IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
  } else {
    const icmp_filter only_requests{~(1U << ICMP_ECHO)};
    set(socket.get(), SOL_RAW, ICMP_FILTER, &only_requests, sizeof only_requests);
    set(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    set(socket.get(), IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on);
  }
  return socket;
}

std::uint16_t checksum(ByteView message) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < message.size(); ++i)
    sum += i % 2 == 0 ? std::uint32_t{message[i]} << 8U : message[i];
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

/// The request's destination becomes the answer's source; false if nobody may answer for it.
bool turn_round(cmsghdr& control) {
  if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO) {
    const auto* const info = reinterpret_cast<const in6_pktinfo*>(CMSG_DATA(&control));
    return !IN6_IS_ADDR_MULTICAST(&info->ipi6_addr);
  }
  if (control.cmsg_level != IPPROTO_IP || control.cmsg_type != IP_PKTINFO) return false;
  auto* const info = reinterpret_cast<in_pktinfo*>(CMSG_DATA(&control));
  const std::uint32_t to = ntohl(info->ipi_addr.s_addr);
  info->ipi_spec_dst = info->ipi_addr;
  info->ipi_ifindex = 0;
  return !IN_MULTICAST(to) && to != INADDR_BROADCAST;
}

/// Makes the answer of a request in place; empty if it is none. IPv4 comes with its header, IPv6 without; the
/// kernel makes the checksum of ICMPv6.
std::span<std::uint8_t> answer_in(std::span<std::uint8_t> packet, int family) {
  const std::size_t header = family == AF_INET && !packet.empty() ? (packet[0] & 0xfU) * std::size_t{4} : 0;
  if (packet.size() < header + kIcmpHeader) return {};
  const std::span<std::uint8_t> message = packet.subspan(header);
  message[0] = family == AF_INET ? std::uint8_t{ICMP_ECHOREPLY} : std::uint8_t{ICMP6_ECHO_REPLY};
  message[2] = message[3] = 0;
  if (family == AF_INET) {
    const std::uint16_t sum = checksum(message);
    message[2] = static_cast<std::uint8_t>(sum >> 8U);
    message[3] = static_cast<std::uint8_t>(sum);
  }
  return message;
}

/// False if no request waits.
bool answer_one(int socket, int family) {
  static std::array<std::uint8_t, 1U << 16U> buffer;
  alignas(cmsghdr) std::array<char, 128> control{};
  sockaddr_storage peer{};
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket, &message, 0);
  if (size < 0) return errno == EINTR;
  cmsghdr* const first = CMSG_FIRSTHDR(&message);
  const std::span<std::uint8_t> answer =
      answer_in(std::span(buffer).first(static_cast<std::size_t>(size)), family);
  if (answer.empty() || first == nullptr || !turn_round(*first)) return true;
  piece = {answer.data(), answer.size()};
  static_cast<void>(::sendmsg(socket, &message, MSG_DONTWAIT));
  return true;
}

}  // namespace

EchoServer::EchoServer(const asio::any_io_executor& executor)
    : v4_(executor, open_echo(AF_INET).release()), v6_(executor, open_echo(AF_INET6).release()) {}

void EchoServer::start() {
  spawn(v4_.get_executor(), serve(v4_, AF_INET));
  spawn(v6_.get_executor(), serve(v6_, AF_INET6));
}

void EchoServer::stop() {
  v4_.close();
  v6_.close();
}

asio::awaitable<void> EchoServer::serve(asio::posix::stream_descriptor& socket, int family) {
  boost::system::error_code closed;
  while (!closed && socket.is_open()) {
    co_await socket.async_wait(asio::posix::stream_descriptor::wait_read,
                               asio::redirect_error(asio::use_awaitable, closed));
    for (int i = 0; i < kRequestsPerTurn && !closed && socket.is_open(); ++i)
      if (!answer_one(socket.native_handle(), family)) break;
  }
}

}  // namespace candor::internet
