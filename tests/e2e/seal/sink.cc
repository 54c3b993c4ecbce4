// SPDX-License-Identifier: Apache-2.0
//
// seal_e2e_sink FD: listens where the compartment sends everything, says "listening" on FD, and prints the
// true destination of each datagram. Connections are taken by the kernel; nobody reads them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "seal/compartment.h"

namespace {

// Absent from glibc's headers; from linux/in.h and linux/in6.h.
constexpr int kIpOrigDst = 20;
constexpr int kIpv6OrigDst = 74;
constexpr int kIpv6Transparent = 75;

int listening(int family, int type) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  const int on = 1;
  const bool v4 = family == AF_INET;
  sockaddr_storage any{};
  any.ss_family = static_cast<sa_family_t>(family);
  reinterpret_cast<sockaddr_in*>(&any)->sin_port = htons(candor::seal::kSinkPort);  // the same place for IPv6
  const bool set =
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      (v4 || ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
      ::setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TRANSPARENT : kIpv6Transparent, &on,
                   sizeof on) == 0 &&
      ::setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? kIpOrigDst : kIpv6OrigDst, &on, sizeof on) == 0;
  if (!set || ::bind(fd, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) return -1;
  if (type == SOCK_STREAM && ::listen(fd, 64) != 0) return -1;
  return fd;
}

void print_destination(int fd) {
  std::array<char, 2048> data{};
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec part{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(fd, &message, 0) < 0) return;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == kIpOrigDst) {
      const auto* const to = reinterpret_cast<const sockaddr_in*>(CMSG_DATA(c));
      ::inet_ntop(AF_INET, &to->sin_addr, text.data(), text.size());
      std::printf("%s %d\n", text.data(), ntohs(to->sin_port));
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == kIpv6OrigDst) {
      const auto* const to = reinterpret_cast<const sockaddr_in6*>(CMSG_DATA(c));
      ::inet_ntop(AF_INET6, &to->sin6_addr, text.data(), text.size());
      std::printf("%s %d\n", text.data(), ntohs(to->sin6_port));
    }
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::array tcp = {listening(AF_INET, SOCK_STREAM), listening(AF_INET6, SOCK_STREAM)};
  std::array<pollfd, 2> udp = {pollfd{listening(AF_INET, SOCK_DGRAM), POLLIN, 0},
                               pollfd{listening(AF_INET6, SOCK_DGRAM), POLLIN, 0}};
  if (argc != 2 || tcp[0] < 0 || tcp[1] < 0 || udp[0].fd < 0 || udp[1].fd < 0) {
    std::perror("listening");
    return 1;
  }
  if (::write(std::atoi(argv[1]), "listening", 9) != 9) return 1;
  while (::poll(udp.data(), udp.size(), -1) > 0)
    for (const pollfd& one : udp)
      if ((one.revents & POLLIN) != 0) print_destination(one.fd);
  return 1;
}
