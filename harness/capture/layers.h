// SPDX-License-Identifier: Apache-2.0
//
// A packet of a capture made elsewhere, followed as far inwards as it goes: link types and tags, tunnels (IP
// in IP, GRE, VXLAN), IP with its extension headers, TCP and UDP. Where frame.h accounts for every byte of a
// guest's frame and doubts what is unusual, this takes what it is given: packets are cut, tagged, tunnelled,
// and larger than their headers say. Nothing is lost: what is not followed is `payload`, what stands beside
// the followed is `aside`. Stateless; bounds are checked before each field is read; views point into the
// packet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "capture/frame.h"

namespace candor::capture {

/// A TCP segment as captured.
struct Segment {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  ByteView payload;
  std::uint64_t cut = 0;  ///< Payload bytes behind these that were sent and not captured.
};

struct Layers {
  std::string channel;  ///< "tcp", "udp", "icmp", "gre 0x6558", "ethernet 0x88b5", "link type 105".
  std::string place;    ///< "10.0.0.1:68 > 10.0.0.2:67", "52:54:00:77:00:01 > ff:…", or "".
  Address source;       ///< Size 0 without IP.
  Address destination;
  std::optional<Segment> tcp;
  std::optional<Fragment> fragment;
  ByteView network;             ///< The innermost IP header, without IPv6 extensions; of ARP the packet.
  ByteView transport;           ///< The header of TCP (with options) or UDP; of ICMP the message.
  ByteView payload;             ///< Behind the last header that was followed; of TCP the segment's.
  std::vector<ByteView> aside;  ///< Options, tags and trailers that hold more than their format needs.
  std::uint64_t cut = 0;        ///< Bytes that headers announce and the capture lacks.
  bool link_known = true;       ///< Whether the link type is one of those followed.
  [[nodiscard]] bool udp() const { return channel == "udp"; }
};

/// `link` is a LINKTYPE_ number (tcpdump group's registry): Ethernet, raw IP, Linux cooked 1 and 2, null and
/// loop are followed.
[[nodiscard]] Layers take_apart(std::uint32_t link, ByteView packet);
/// The same of a datagram put together from fragments: its payload, after the IP header.
[[nodiscard]] Layers take_apart_datagram(const Fragment& first, ByteView payload);

}  // namespace candor::capture
