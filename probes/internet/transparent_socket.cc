// SPDX-License-Identifier: Apache-2.0
#include "internet/transparent_socket.h"

#include <cap-ng.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"

#ifndef IPV6_RECVORIGDSTADDR  // glibc 2.36 has it only in linux/in6.h, which clashes with netinet/in.h
#define IPV6_ORIGDSTADDR 74
#define IPV6_RECVORIGDSTADDR IPV6_ORIGDSTADDR
#endif

namespace candor::internet {

namespace {

constexpr int kBacklog = 4096;
constexpr int kDatagramRoom = 16 << 20;  // bytes the kernel may hold while this process writes

void set_option(int socket, int level, int option, int value, const char* what) {
  if (::setsockopt(socket, level, option, &value, sizeof value) != 0) {
    throw errno_error(std::string("setting ") + what + " on a socket");
  }
}

UniqueFd transparent(int family, int type) {
  UniqueFd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw errno_error("making a socket");
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (family == AF_INET6) {
    set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    set_option(socket.get(), IPPROTO_IPV6, IPV6_TRANSPARENT, 1, "IPV6_TRANSPARENT");
  } else {
    set_option(socket.get(), IPPROTO_IP, IP_TRANSPARENT, 1, "IP_TRANSPARENT");
  }
  return socket;
}

void bind_to(int socket, const Endpoint& endpoint) {
  sockaddr_storage address{};
  const socklen_t size = to_sockaddr(endpoint, address);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    throw errno_error("binding a socket to " + address_text(endpoint.address) + " port " +
                      std::to_string(endpoint.port));
  }
}

Endpoint any_address(int family, std::uint16_t port) {
  if (family == AF_INET6) return {asio::ip::address_v6::any(), port};
  return {asio::ip::address_v4::any(), port};
}

bool is_original_destination(const cmsghdr& control) {
  return (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_ORIGDSTADDR) ||
         (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_ORIGDSTADDR);
}

void read_control(msghdr& message, Datagram& datagram) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    if (is_original_destination(*control)) {
      sockaddr_storage address{};
      std::memcpy(&address, CMSG_DATA(control), std::min(sizeof address, control->cmsg_len - CMSG_LEN(0)));
      datagram.destination = endpoint_from(address);
    }
  }
}

}  // namespace

UniqueFd listen_tcp(int family, std::uint16_t port) {
  UniqueFd socket = transparent(family, SOCK_STREAM);
  bind_to(socket.get(), any_address(family, port));
  if (::listen(socket.get(), kBacklog) != 0) throw errno_error("listening");
  return socket;
}

UniqueFd from_any_address(const Endpoint& own) {
  UniqueFd socket = transparent(own.address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM);
  bind_to(socket.get(), own);
  return socket;
}

UniqueFd listen_udp(int family, std::uint16_t port) {
  UniqueFd socket = transparent(family, SOCK_DGRAM);
  if (family == AF_INET6) {
    set_option(socket.get(), IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 1, "IPV6_RECVORIGDSTADDR");
  } else {
    set_option(socket.get(), IPPROTO_IP, IP_RECVORIGDSTADDR, 1, "IP_RECVORIGDSTADDR");
  }
  // More room than an ordinary process may have is welcome, not needed: overruns are counted.
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kDatagramRoom, sizeof kDatagramRoom) != 0) {
    set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, kDatagramRoom, "SO_RCVBUF");
  }
  bind_to(socket.get(), any_address(family, port));
  return socket;
}

std::optional<Datagram> receive_datagram(int socket, std::span<std::uint8_t> buffer) {
  sockaddr_storage source{};
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &source;
  message.msg_namelen = sizeof source;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::nullopt;
    throw errno_error("receiving a datagram");
  }
  Datagram datagram;
  datagram.source = endpoint_from(source);
  datagram.size = static_cast<std::size_t>(size);
  read_control(message, datagram);
  return datagram;
}

// SO_RXQ_OVFL, which comes with datagrams, tells only of losses before the last one received.
std::uint32_t datagrams_lost(int socket) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) {
    throw errno_error("asking for lost datagrams");
  }
  return memory[SK_MEMINFO_DROPS];
}

bool send_datagram(const Endpoint& from, const Endpoint& to, ByteView bytes) {
  try {
    const UniqueFd socket = transparent(from.address.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM);
    bind_to(socket.get(), from);
    sockaddr_storage address{};
    const socklen_t size = to_sockaddr(to, address);
    return ::sendto(socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                    size) == static_cast<ssize_t>(bytes.size());
  } catch (const Error&) {
    return false;  // a destination nothing can be sent from, such as a broadcast address
  }
}

void drop_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw errno_error("setting no_new_privs");
  capng_clear(CAPNG_SELECT_BOTH);
  const auto kept = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
  capng_updatev(CAPNG_ADD, kept, CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE, -1);
  const int result = capng_apply(CAPNG_SELECT_BOTH);
  if (result != 0) throw Error("dropping capabilities failed (libcap-ng " + std::to_string(result) + ")");
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw errno_error("reading the limit on descriptors");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw errno_error("raising the limit on descriptors");
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace candor::internet
