// SPDX-License-Identifier: Apache-2.0
//
// One Ethernet frame, taken apart by hand. Candor's ledger needs what general dissectors do not give: each
// byte in exactly one part, with a strict reading in which anything that could carry data without being
// looked at counts as `other`. Stateless; the bounds of every field are checked before it is read.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "capture/datagram_content.h"
#include "capture/dns_query.h"
#include "model/evidence.h"

namespace candor::capture {

/// `dns`: what DNS queries and other datagrams that are read field by field say; `known`: the rest of those.
enum class Part { framing, dns, tcp, udp, known, other };
inline constexpr std::size_t kParts = 6;

/// An IP address and port in the form they have on the wire.
struct Address {
  std::uint8_t size = 4;  ///< 4 or 16: of `bytes`.
  std::array<std::uint8_t, 16> bytes{};
  std::uint16_t port = 0;
  auto operator<=>(const Address&) const = default;
};

[[nodiscard]] model::Endpoint to_endpoint(const Address& address);

/// Part of an IP datagram (RFC 791, RFC 8200 section 4.5).
struct Fragment {
  Address source;  ///< Without ports.
  Address destination;
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;  ///< Of the first fragment's payload.
  std::uint32_t offset = 0;   ///< Bytes.
  bool more = false;
  ByteView payload;
};

struct TcpSegment {
  std::uint32_t sequence = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  ByteView payload;
};

struct Dissection {
  std::array<std::uint64_t, kParts> bytes{};  ///< By Part; adds up to the frame's size.
  std::string channel;  ///< "dns", "mdns", "udp/9", "icmp", "ethernet 0x88b5"; empty for TCP.
  std::string place;    ///< Where it went, for channels without ports: a MAC or IP address.
  Address source;       ///< Of TCP and UDP.
  Address destination;
  ByteView network;    ///< The IP header, without IPv6 extensions; the whole packet of other protocols.
  ByteView transport;  ///< The header of TCP (with options), UDP or ICMP.
  std::optional<Fragment> fragment;  ///< Its payload counts as `other` until the datagram is put together.
  std::optional<TcpSegment> tcp;
  std::optional<ByteView> datagram;        ///< UDP payload.
  std::optional<DnsQuery> query;           ///< If that is a DNS query to port 53.
  std::optional<DatagramContent> content;  ///< If that is another one read field by field.
  std::vector<ByteView> search;  ///< What to search: all but the payload of TCP and the headers around it.
  ByteView piece;                ///< Payload that, put together over frames, may make up something larger.

  [[nodiscard]] std::uint64_t of(Part part) const { return bytes[static_cast<std::size_t>(part)]; }
};

[[nodiscard]] Dissection dissect(ByteView frame);
/// The same of a datagram put together from fragments: its bytes are those behind the IP header.
[[nodiscard]] Dissection dissect_datagram(const Fragment& first, ByteView payload);

}  // namespace candor::capture
