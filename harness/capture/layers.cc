// SPDX-License-Identifier: Apache-2.0
#include "capture/layers.h"

#include <algorithm>
#include <array>

#include "capture/known_protocols.h"
#include "capture/pcapng.h"

namespace candor::capture {

namespace {

constexpr int kDeepest = 16;  // tags, tunnels and extension headers on top of each other

enum EtherType : std::uint16_t {
  kIpv4 = 0x0800,
  kIpv6 = 0x86dd,
  kBridged = 0x6558,  // Ethernet inside GRE
};

enum Protocol : std::uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kIgmp = 2,
  kIpv4InIp = 4,
  kTcp = 6,
  kUdp = 17,
  kIpv6InIp = 41,
  kRouting = 43,
  kFragmentHeader = 44,
  kGre = 47,
  kIcmp6 = 58,
  kDestinationOptions = 60,
};

constexpr std::uint16_t kVxlan = 4789;

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

bool is_tag(std::uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

class Walker {
 public:
  Layers walk(std::uint32_t link, ByteView packet) {
    place(Address{.size = 0}, Address{.size = 0});
    linked(link, packet);
    return finish();
  }
  Layers walk_datagram(const Fragment& first, ByteView payload) {
    place(first.source, first.destination);
    transport(first.protocol, payload);
    return finish();
  }

 private:
  Layers finish() {
    if (result_.source.size != 0) {
      const bool ports = result_.tcp || result_.udp();
      const model::Endpoint from = to_endpoint(result_.source);
      const model::Endpoint to = to_endpoint(result_.destination);
      result_.place = ports ? from.text() + " > " + to.text() : from.address + " > " + to.address;
    }
    return std::move(result_);
  }

  void place(const Address& source, const Address& destination) {
    result_.source = source;
    result_.destination = destination;
  }

  /// Ends the walk: nothing further inwards is followed.
  void rest(std::string channel, ByteView bytes) {
    result_.channel = std::move(channel);
    result_.payload = bytes;
  }

  void aside(ByteView bytes) {
    const bool empty = std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
    if (!empty) result_.aside.push_back(bytes);
  }

  /// The bytes a length field gives; more are a trailer, fewer were cut.
  ByteView bounded(ByteView bytes, std::size_t announced) {
    if (announced > bytes.size()) {
      result_.cut += announced - bytes.size();
      return bytes;
    }
    aside(bytes.subspan(announced));
    return bytes.first(announced);
  }

  void linked(std::uint32_t link, ByteView packet);
  void ethernet(ByteView frame);
  void cooked(ByteView packet, std::size_t type_at, std::size_t header);
  void loopback(ByteView packet);
  void network(std::uint16_t type, ByteView packet);
  void ip(ByteView packet, const char* channel);
  void ipv4(ByteView packet);
  void ipv6(ByteView packet);
  void extensions(std::uint8_t next, ByteView payload);
  bool fragment6(ByteView payload);
  void transport(std::uint8_t protocol, ByteView payload);
  void tcp(ByteView segment);
  void udp(ByteView datagram);
  void gre(ByteView packet);

  Layers result_;
  int depth_ = 0;
};

void Walker::linked(std::uint32_t link, ByteView packet) {
  switch (link) {
    case 0:
      return loopback(packet);
    case kLinkEthernet:
      return ethernet(packet);
    case 12:  // raw IP, by the numbers of some systems
    case 14:
    case 101:
    case 228:
    case 229:
      return ip(packet, "raw ip");
    case 108:
      return loopback(packet);
    case 113:
      return cooked(packet, 14, 16);
    case 276:
      return cooked(packet, 0, 20);
    default:
      result_.link_known = false;
      return rest("link type " + std::to_string(link), packet);
  }
}

void Walker::ethernet(ByteView frame) {
  if (frame.size() < 14) return rest("ethernet, cut short", frame);
  result_.place = mac_text(frame.subspan(6, 6)) + " > " + mac_text(frame.first(6));
  network(u16(frame, 12), frame.subspan(14));
}

void Walker::cooked(ByteView packet, std::size_t type_at, std::size_t header) {
  if (packet.size() < header) return rest("linux cooked, cut short", packet);
  network(u16(packet, type_at), packet.subspan(header));
}

/// The address family in front differs between systems, and its byte order with the host: the IP version
/// says enough.
void Walker::loopback(ByteView packet) {
  if (packet.size() < 4) return rest("loopback, cut short", packet);
  ip(packet.subspan(4), "loopback");
}

void Walker::network(std::uint16_t type, ByteView packet) {
  while (is_tag(type) && packet.size() >= 4 && ++depth_ < kDeepest) {
    type = u16(packet, 2);
    packet = packet.subspan(4);
  }
  if (type == kIpv4) return ipv4(packet);
  if (type == kIpv6) return ipv6(packet);
  if (type == 0x0806) result_.network = packet;
  rest(type == 0x0806 ? "arp" : "ethernet " + hex_number(type), packet);
}

void Walker::ip(ByteView packet, const char* channel) {
  const unsigned version = packet.empty() ? 0 : packet[0] >> 4U;
  if (version == 4) return ipv4(packet);
  if (version == 6) return ipv6(packet);
  rest(channel, packet);
}

void Walker::ipv4(ByteView packet) {
  constexpr std::size_t kHeader = 20;
  const std::size_t header = packet.size() < kHeader ? 0 : (packet[0] & 0xfU) * std::size_t{4};
  if (header < kHeader || header > packet.size() || packet[0] >> 4U != 4)
    return rest("ipv4, malformed", packet);
  result_.network = packet.first(header);
  const ByteView options = packet.subspan(kHeader, header - kHeader);
  if (!plain_ipv4_options(options)) aside(options);
  place(address_from(packet.subspan(12, 4)), address_from(packet.subspan(16, 4)));
  // Segmentation offloading leaves the length 0 in what is captured before the card fills it in.
  const std::size_t total = u16(packet, 2) == 0 ? packet.size() : u16(packet, 2);
  if (total < header) return rest("ipv4, malformed", packet.subspan(header));
  const ByteView payload = bounded(packet.subspan(header), total - header);
  const unsigned flags = u16(packet, 6);
  const std::uint32_t offset = (flags & 0x1fffU) * 8;
  const bool more = (flags & 0x2000U) != 0;
  if (offset == 0 && !more) return transport(packet[9], payload);
  result_.fragment =
      Fragment{result_.source, result_.destination, u16(packet, 4), packet[9], offset, more, payload};
  rest("ipv4 fragment", payload);
}

void Walker::ipv6(ByteView packet) {
  constexpr std::size_t kHeader = 40;
  if (packet.size() < kHeader || packet[0] >> 4U != 6) return rest("ipv6, malformed", packet);
  result_.network = packet.first(kHeader);
  place(address_from(packet.subspan(8, 16)), address_from(packet.subspan(24, 16)));
  const std::size_t length = u16(packet, 4) == 0 ? packet.size() - kHeader : u16(packet, 4);
  extensions(packet[6], bounded(packet.subspan(kHeader), length));
}

void Walker::extensions(std::uint8_t next, ByteView payload) {
  while (next == kHopByHop || next == kDestinationOptions || next == kRouting || next == kFragmentHeader) {
    if (payload.size() < 8 || ++depth_ > kDeepest) return rest("ipv6, malformed", payload);
    if (next == kFragmentHeader && fragment6(payload)) return;
    const std::size_t size = next == kFragmentHeader ? 8 : (payload[1] + std::size_t{1}) * 8;
    if (size > payload.size()) return rest("ipv6, malformed", payload);
    const ByteView options = payload.subspan(2, size - 2);
    if (next == kRouting || (next != kFragmentHeader && !plain_ipv6_options(options))) aside(options);
    next = payload[0];
    payload = payload.subspan(size);
  }
  transport(next, payload);
}

/// False for the header of a datagram that is whole all the same (RFC 6946).
bool Walker::fragment6(ByteView payload) {
  const unsigned field = u16(payload, 2);
  if ((field & 0xfff9U) == 0) return false;
  const ByteView part = payload.subspan(8);
  result_.fragment = Fragment{result_.source,
                              result_.destination,
                              u32(payload, 4),
                              payload[0],
                              field & 0xfff8U,
                              (field & 1U) != 0,
                              part};
  rest("ipv6 fragment", part);
  return true;
}

void Walker::transport(std::uint8_t protocol, ByteView payload) {
  if (++depth_ > kDeepest) return rest("ip protocol " + std::to_string(protocol), payload);
  switch (protocol) {
    case kTcp:
      return tcp(payload);
    case kUdp:
      return udp(payload);
    case kGre:
      return gre(payload);
    case kIpv4InIp:
    case kIpv6InIp:
      return ip(payload, "ip in ip");
    // Extension headers also stand in front of what was fragmented behind them.
    case kHopByHop:
    case kDestinationOptions:
    case kRouting:
      return result_.source.size == 16 ? extensions(protocol, payload)
                                       : rest("ip protocol " + std::to_string(protocol), payload);
    case kIcmp:
    case kIcmp6:
      result_.transport = payload;
      return rest(protocol == kIcmp ? "icmp" : "icmpv6", payload);
    case kIgmp:
      return rest("igmp", payload);
    default:
      return rest("ip protocol " + std::to_string(protocol), payload);
  }
}

void Walker::tcp(ByteView segment) {
  constexpr std::size_t kHeader = 20;
  const std::size_t header = segment.size() < kHeader ? 0 : (segment[12] >> 4U) * std::size_t{4};
  if (header < kHeader || header > segment.size()) return rest("tcp, malformed", segment);
  result_.transport = segment.first(header);
  const ByteView options = segment.subspan(kHeader, header - kHeader);
  if (!plain_tcp_options(options)) aside(options);
  const unsigned flags = segment[13];
  result_.source.port = u16(segment, 0);
  result_.destination.port = u16(segment, 2);
  rest("tcp", segment.subspan(header));
  result_.tcp = Segment{.sequence = u32(segment, 4),
                        .acknowledged = u32(segment, 8),
                        .syn = (flags & 0x02U) != 0,
                        .ack = (flags & 0x10U) != 0,
                        .fin = (flags & 0x01U) != 0,
                        .payload = result_.payload,
                        .cut = result_.cut};
}

void Walker::udp(ByteView datagram) {
  constexpr std::size_t kHeader = 8;
  if (datagram.size() < kHeader) return rest("udp, malformed", datagram);
  const std::size_t length = u16(datagram, 4);
  result_.transport = datagram.first(kHeader);
  ByteView payload = datagram.subspan(kHeader);
  // 0 in jumbograms; more than there is was counted as cut by the IP header, or is a lie.
  if (length >= kHeader && length - kHeader < payload.size()) payload = bounded(payload, length - kHeader);
  result_.source.port = u16(datagram, 0);
  result_.destination.port = u16(datagram, 2);
  if (result_.destination.port == kVxlan && payload.size() >= 8 && (payload[0] & 0x08U) != 0)
    return ethernet(payload.subspan(8));
  rest("udp", payload);
}

/// RFC 2784 and 2890: optional checksum, key and sequence number.
void Walker::gre(ByteView packet) {
  if (packet.size() < 4 || (packet[1] & 0x07U) != 0) return rest("gre", packet);
  std::size_t header = 4;
  for (const unsigned flag : {0x80U, 0x20U, 0x10U}) header += (packet[0] & flag) != 0 ? 4 : 0;
  if (header > packet.size()) return rest("gre", packet);
  const std::uint16_t type = u16(packet, 2);
  const ByteView inner = packet.subspan(header);
  if (type == kBridged) return ethernet(inner);
  if (type == kIpv4 || type == kIpv6) return network(type, inner);
  rest("gre " + hex_number(type), inner);
}

}  // namespace

Layers take_apart(std::uint32_t link, ByteView packet) { return Walker().walk(link, packet); }

Layers take_apart_datagram(const Fragment& first, ByteView payload) {
  return Walker().walk_datagram(first, payload);
}

}  // namespace candor::capture
