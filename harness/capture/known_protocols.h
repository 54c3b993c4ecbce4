// SPDX-License-Identifier: Apache-2.0
//
// The small protocols every guest speaks, read field by field: what of a message is prescribed by its format
// (framing, known) and what the sender could choose freely (other).
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"

namespace candor::capture {

/// Adds up to the message's size. `other` is always its end, or, in options, any part of it.
struct Split {
  std::size_t framing = 0;
  std::size_t known = 0;
  std::size_t other = 0;
};

[[nodiscard]] Split icmp4(ByteView message);
[[nodiscard]] Split icmp6(ByteView message);
[[nodiscard]] Split igmp(ByteView message);
/// Nothing if the message is not well-formed.
[[nodiscard]] std::optional<Split> dhcp4(ByteView message);
[[nodiscard]] std::optional<Split> dhcp6(ByteView message);

/// Whether options hold only what the header's own protocol needs.
[[nodiscard]] bool plain_ipv4_options(ByteView options);
[[nodiscard]] bool plain_ipv6_options(ByteView options);
[[nodiscard]] bool plain_tcp_options(ByteView options);

/// Whether a datagram is a QUIC packet with a long header (RFC 9000, 9369, and the drafts before).
[[nodiscard]] bool is_quic(ByteView datagram);

}  // namespace candor::capture
