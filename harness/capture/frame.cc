// SPDX-License-Identifier: Apache-2.0
#include "capture/frame.h"

#include <arpa/inet.h>

#include <algorithm>

#include "capture/known_protocols.h"

namespace candor::capture {

namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr int kMostExtensionHeaders = 8;

enum Protocol : std::uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kIgmp = 2,
  kTcp = 6,
  kUdp = 17,
  kFragmentHeader = 44,
  kIcmp6 = 58,
  kDestinationOptions = 60,
};

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::uint16_t u16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(unsigned{bytes[at]} << 8U | bytes[at + 1]);
}

std::uint32_t u32(ByteView bytes, std::size_t at) {
  return std::uint32_t{u16(bytes, at)} << 16U | u16(bytes, at + 2);
}

std::string hex_number(std::uint16_t value) {
  const std::array<std::uint8_t, 2> bytes{static_cast<std::uint8_t>(value >> 8U),
                                          static_cast<std::uint8_t>(value)};
  return "0x" + to_hex(bytes);
}

std::string mac_text(ByteView mac) {
  std::string text;
  for (const std::uint8_t& byte : mac) text += (text.empty() ? "" : ":") + to_hex({&byte, 1});
  return text;
}

Address address_from(ByteView bytes) {
  Address address;
  address.size = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return address;
}

/// Each member function accounts for exactly the bytes it is given.
class Dissector {
 public:
  Dissection take_apart(ByteView frame);
  Dissection take_apart(const Fragment& first, ByteView payload);

 private:
  void count(Part part, std::size_t bytes) { result_.bytes[static_cast<std::size_t>(part)] += bytes; }
  void split(Split split);
  void other(ByteView bytes, std::string channel);
  void other_options(ByteView bytes);
  void trailer(ByteView bytes);
  void network(std::uint16_t type, ByteView packet, ByteView source);
  void arp(ByteView packet);
  void rarp(ByteView packet, ByteView source);
  void ipv4(ByteView packet);
  void ipv6(ByteView packet);
  void extensions(std::uint8_t next, ByteView payload);
  void fragment6(ByteView payload);
  void transport(std::uint8_t protocol, ByteView payload, bool version6);
  void tcp(ByteView segment);
  void udp(ByteView datagram);
  void udp_payload(ByteView payload);

  Dissection result_;
  ByteView packet_;  // the frame's payload
};

Dissection Dissector::take_apart(ByteView frame) {
  packet_ = frame;
  if (frame.size() < kEthernetHeader) {
    other(frame, "ethernet, cut short");
  } else {
    count(Part::framing, kEthernetHeader);
    packet_ = frame.subspan(kEthernetHeader);
    result_.place = mac_text(frame.first(6));
    result_.network = packet_;
    network(u16(frame, 12), packet_, frame.subspan(6, 6));
  }
  const bool with_ports = result_.tcp || result_.datagram;
  if (!with_ports && !packet_.empty()) result_.search.insert(result_.search.begin(), packet_);
  return std::move(result_);
}

Dissection Dissector::take_apart(const Fragment& first, ByteView payload) {
  result_.source = first.source;
  result_.destination = first.destination;
  result_.place = to_endpoint(first.destination).address;
  const bool version6 = first.source.size == 16;
  if (version6) {
    extensions(first.protocol, payload);
  } else {
    transport(first.protocol, payload, false);
  }
  const bool with_ports = result_.tcp || result_.datagram;
  if (!with_ports && !payload.empty()) result_.search.insert(result_.search.begin(), payload);
  return std::move(result_);
}

void Dissector::split(Split split) {
  count(Part::framing, split.framing);
  count(Part::known, split.known);
  count(Part::other, split.other);
}

void Dissector::other(ByteView bytes, std::string channel) {
  count(Part::other, bytes.size());
  result_.channel = std::move(channel);
  result_.piece = bytes;
}

/// Options and trailers inside what is otherwise followed: searched beside it.
void Dissector::other_options(ByteView bytes) {
  count(Part::other, bytes.size());
  result_.search.push_back(bytes);
}

/// What follows the end a length field gives: Ethernet pads short frames with zeros.
void Dissector::trailer(ByteView bytes) {
  if (all_zero(bytes)) return count(Part::framing, bytes.size());
  other_options(bytes);
}

void Dissector::network(std::uint16_t type, ByteView packet, ByteView source) {
  switch (type) {
    case 0x0800:
      return ipv4(packet);
    case 0x86dd:
      return ipv6(packet);
    case 0x0806:
      return arp(packet);
    case 0x8035:
      return rarp(packet, source);
    // No network of Candor's uses tags: what stands behind one is nobody's to understand.
    case 0x8100:
    case 0x88a8:
      if (packet.size() >= 2) return other(packet, "vlan " + std::to_string(u16(packet, 0) & 0xfffU));
      break;
    default:
      break;
  }
  other(packet, "ethernet " + hex_number(type));
}

void Dissector::arp(ByteView packet) {
  constexpr std::size_t kArp = 28;
  static constexpr std::array<std::uint8_t, 7> kForm{0, 1, 8, 0,
                                                     6, 4, 0};  // Ethernet, IPv4, sizes, operation
  const bool whole = packet.size() >= kArp && std::equal(kForm.begin(), kForm.end(), packet.begin()) &&
                     (packet[7] == 1 || packet[7] == 2);
  if (!whole) return other(packet, "arp");
  result_.channel = "arp";
  count(Part::known, kArp);
  trailer(packet.subspan(kArp));
}

/// A virtual machine that goes on elsewhere is announced like this to switches (RFC 903; QEMU's
/// announce_self): all of it is its hardware address.
void Dissector::rarp(ByteView packet, ByteView source) {
  static constexpr std::array<std::uint8_t, 8> kForm{0, 1, 8, 0,
                                                     6, 4, 0, 3};  // Ethernet, IPv4, sizes, request
  constexpr std::size_t kRarp = 28;
  const bool announces = packet.size() >= kRarp && std::equal(kForm.begin(), kForm.end(), packet.begin()) &&
                         std::equal(source.begin(), source.end(), packet.begin() + 8) &&
                         std::equal(source.begin(), source.end(), packet.begin() + 18) &&
                         all_zero(packet.subspan(14, 4)) && all_zero(packet.subspan(24, 4));
  if (!announces) return other(packet, "rarp");
  result_.channel = "rarp";
  count(Part::known, kRarp);
  trailer(packet.subspan(kRarp));
}

void Dissector::ipv4(ByteView packet) {
  constexpr std::size_t kHeader = 20;
  if (packet.size() < kHeader || packet[0] >> 4U != 4) return other(packet, "ipv4, malformed");
  const std::size_t header = (packet[0] & 0xfU) * std::size_t{4};
  const std::size_t total = u16(packet, 2);
  if (header < kHeader || total < header || total > packet.size()) return other(packet, "ipv4, malformed");
  count(Part::framing, kHeader);
  result_.network = packet.first(header);
  const ByteView options = packet.subspan(kHeader, header - kHeader);
  if (plain_ipv4_options(options)) {
    count(Part::framing, options.size());
  } else {
    other_options(options);
  }
  trailer(packet.subspan(total));
  result_.source = address_from(packet.subspan(12, 4));
  result_.destination = address_from(packet.subspan(16, 4));
  result_.place = to_endpoint(result_.destination).address;
  const ByteView payload = packet.subspan(header, total - header);
  constexpr unsigned kMore = 0x2000;
  const unsigned position = u16(packet, 6) & 0x3fffU;
  if (position != 0) {
    result_.fragment = Fragment{.source = result_.source,
                                .destination = result_.destination,
                                .id = u16(packet, 4),
                                .protocol = packet[9],
                                .offset = (position & 0x1fffU) * 8,
                                .more = (position & kMore) != 0,
                                .payload = payload};
    return other(payload, "ipv4 fragment");
  }
  transport(packet[9], payload, false);
}

void Dissector::ipv6(ByteView packet) {
  constexpr std::size_t kHeader = 40;
  if (packet.size() < kHeader || packet[0] >> 4U != 6) return other(packet, "ipv6, malformed");
  const std::size_t length = u16(packet, 4);
  if (length > packet.size() - kHeader) return other(packet, "ipv6, malformed");
  count(Part::framing, kHeader);
  result_.network = packet.first(kHeader);
  trailer(packet.subspan(kHeader + length));
  result_.source = address_from(packet.subspan(8, 16));
  result_.destination = address_from(packet.subspan(24, 16));
  result_.place = to_endpoint(result_.destination).address;
  extensions(packet[6], packet.subspan(kHeader, length));
}

/// Hop-by-hop and destination options are stepped over and fragments noted; all other extensions (routing,
/// IPsec) are not followed.
void Dissector::extensions(std::uint8_t next, ByteView payload) {
  for (int seen = 0; next == kHopByHop || next == kDestinationOptions; ++seen) {
    const std::size_t size = payload.size() < 2 ? 0 : (payload[1] + std::size_t{1}) * 8;
    if (size == 0 || size > payload.size() || seen == kMostExtensionHeaders)
      return other(payload, "ipv6, malformed");
    const ByteView options = payload.subspan(2, size - 2);
    count(Part::framing, 2);
    if (plain_ipv6_options(options)) {
      count(Part::framing, options.size());
    } else {
      other_options(options);
    }
    next = payload[0];
    payload = payload.subspan(size);
  }
  if (next == kFragmentHeader && !result_.fragment && packet_.data() != nullptr) return fragment6(payload);
  transport(next, payload, true);
}

void Dissector::fragment6(ByteView payload) {
  constexpr std::size_t kHeader = 8;
  if (payload.size() < kHeader) return other(payload, "ipv6, malformed");
  count(Part::framing, kHeader);
  const unsigned position = u16(payload, 2);
  result_.fragment = Fragment{.source = result_.source,
                              .destination = result_.destination,
                              .id = u32(payload, 4),
                              .protocol = payload[0],
                              .offset = position & 0xfff8U,
                              .more = (position & 1U) != 0,
                              .payload = payload.subspan(kHeader)};
  other(payload.subspan(kHeader), "ipv6 fragment");
}

void Dissector::transport(std::uint8_t protocol, ByteView payload, bool version6) {
  if (protocol == kTcp) return tcp(payload);
  if (protocol == kUdp) return udp(payload);
  const bool icmp = protocol == (version6 ? kIcmp6 : kIcmp);
  if (!icmp && (protocol != kIgmp || version6))
    return other(payload, "ip protocol " + std::to_string(protocol));
  result_.channel = !icmp ? "igmp" : version6 ? "icmpv6" : "icmp";
  result_.transport = payload.first(std::min<std::size_t>(payload.size(), 8));
  const Split parts = !icmp ? igmp(payload) : version6 ? icmp6(payload) : icmp4(payload);
  split(parts);
  result_.piece = payload.last(parts.other);
}

void Dissector::tcp(ByteView segment) {
  constexpr std::size_t kHeader = 20;
  const std::size_t header = segment.size() < kHeader ? 0 : (segment[12] >> 4U) * std::size_t{4};
  if (header < kHeader || header > segment.size()) return other(segment, "tcp, malformed");
  count(Part::framing, kHeader);
  result_.transport = segment.first(header);
  const ByteView options = segment.subspan(kHeader, header - kHeader);
  if (plain_tcp_options(options)) {
    count(Part::framing, options.size());
  } else {
    other_options(options);
  }
  const std::uint8_t flags = segment[13];
  result_.source.port = u16(segment, 0);
  result_.destination.port = u16(segment, 2);
  result_.tcp = TcpSegment{.sequence = u32(segment, 4),
                           .syn = (flags & 0x02U) != 0,
                           .ack = (flags & 0x10U) != 0,
                           .fin = (flags & 0x01U) != 0,
                           .payload = segment.subspan(header)};
  result_.piece = result_.tcp->payload;
  count(Part::tcp, result_.tcp->payload.size());
}

void Dissector::udp(ByteView datagram) {
  constexpr std::size_t kHeader = 8;
  const std::size_t length = datagram.size() < kHeader ? 0 : u16(datagram, 4);
  if (length < kHeader || length > datagram.size()) return other(datagram, "udp, malformed");
  count(Part::framing, kHeader);
  result_.transport = datagram.first(kHeader);
  trailer(datagram.subspan(length));
  result_.source.port = u16(datagram, 0);
  result_.destination.port = u16(datagram, 2);
  udp_payload(datagram.subspan(kHeader, length - kHeader));
}

void Dissector::udp_payload(ByteView payload) {
  const std::uint16_t from = result_.source.port;
  const std::uint16_t to = result_.destination.port;
  result_.datagram = payload;
  result_.piece = payload;
  if (!payload.empty()) result_.search.insert(result_.search.begin(), payload);
  result_.channel = "udp/" + std::to_string(to);
  if (to == 53) result_.query = parse_dns_query(payload);
  if (result_.query) {
    result_.channel = "dns";
    const DnsQuery& query = *result_.query;
    count(Part::dns, query.label_bytes() - query.opaque_labels);
    count(Part::other, query.opaque_labels + query.opaque_options);
    return count(Part::known, payload.size() - query.label_bytes() - query.opaque_options);
  }
  const bool version6 = result_.destination.size == 16;
  if ((from == 68 && to == 67 && !version6) || (from == 546 && to == 547 && version6)) {
    if (const auto parts = version6 ? dhcp6(payload) : dhcp4(payload)) {
      result_.channel = "dhcp";
      result_.datagram.reset();
      return split(*parts);
    }
  }
  result_.content = read_datagram(from, to, payload);
  if (!result_.content) return count(Part::udp, payload.size());
  result_.channel = result_.content->protocol;
  count(Part::known, result_.content->framing);
  count(Part::dns, result_.content->content);
  count(Part::other, result_.content->other);
}

}  // namespace

model::Endpoint to_endpoint(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
  return {text.data(), address.port};
}

Dissection dissect(ByteView frame) { return Dissector().take_apart(frame); }

Dissection dissect_datagram(const Fragment& first, ByteView payload) {
  return Dissector().take_apart(first, payload);
}

}  // namespace candor::capture
