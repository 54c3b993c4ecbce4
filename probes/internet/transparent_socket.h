// SPDX-License-Identifier: Apache-2.0
//
// Sockets that stand for any address (IP_TRANSPARENT): the listener's accepted sockets have the guest's true
// destination as their own name, datagrams tell theirs beside the data, and answers leave from it. Linux
// only; needs CAP_NET_ADMIN. All throw Error.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/fd.h"
#include "internet/endpoint.h"

namespace candor::internet {

/// `family` is AF_INET or AF_INET6; the sockets are non-blocking and bound to any address.
[[nodiscard]] UniqueFd listen_tcp(int family, std::uint16_t port);
[[nodiscard]] UniqueFd listen_udp(int family, std::uint16_t port);

/// A TCP socket, non-blocking, not connected yet, whose own address is `own`.
[[nodiscard]] UniqueFd from_any_address(const Endpoint& own);

struct Datagram {
  Endpoint source;
  Endpoint destination;
  std::size_t size = 0;
};

/// The next datagram, written into `buffer`; nothing if none waits.
[[nodiscard]] std::optional<Datagram> receive_datagram(int socket, std::span<std::uint8_t> buffer);

/// How many datagrams the kernel has dropped on this socket so far, for want of room.
[[nodiscard]] std::uint32_t datagrams_lost(int socket);

/// Sends one datagram that seems to come from `from`; false if the kernel would not.
bool send_datagram(const Endpoint& from, const Endpoint& to, ByteView bytes);

/// Lets this process keep only what the above needs (NET_ADMIN, NET_RAW, NET_BIND_SERVICE) and gain nothing
/// ever after (no_new_privs). For the calling thread and those it starts.
void drop_privileges();

/// Raises the limit on open descriptors to the most allowed; returns it.
std::size_t raise_descriptor_limit();

}  // namespace candor::internet
