// SPDX-License-Identifier: Apache-2.0
#include "capture/header_fields.h"

#include <array>

namespace candor::capture {

namespace {

// clang-format off
constexpr std::array<FieldInfo, kFields> kTable = {{
    {Field::ip_id, "IPv4 identification", 16, 16, Per::frame, "any value where nothing is fragmented (RFC 6864, 4.1)"},
    {Field::traffic_class, "traffic class", 8, 8, Per::frame, "DSCP and ECN as the sender marks it (RFC 2474, RFC 3168)"},
    {Field::ttl, "TTL or hop limit", 8, 7, Per::frame, "only what arrives must be above zero (RFC 791, RFC 8200)"},
    {Field::ip_flags, "IPv4 flags", 3, 2, Per::frame, "reserved bit, and DF where the packet is small (RFC 791)"},
    {Field::flow_label, "IPv6 flow label", 20, 20, Per::frame, "any value, the same for a flow by custom only (RFC 6437)"},
    {Field::ip_length, "packet length", 16, 10, Per::frame, "how content is cut into packets of up to 1,500 bytes (RFC 9293, 3.8)"},
    {Field::fragment_id, "fragment identification", 32, 32, Per::frame, "unique, no more is asked (RFC 8200, 4.5)"},
    {Field::interval, "time between packets", 64, 8, Per::frame, "256 intervals told apart by the millisecond (Cabuk, Brodley and Shields 2004)"},
    {Field::source_address, "source address", 64, 0, Per::flow, "an interface may have 2^64 (RFC 8981); a bit is counted under order"},
    {Field::destination_address, "destination address", 64, 16, Per::flow, "any address is answered; counted are the low bits of a pool"},
    {Field::source_port, "source port", 16, 16, Per::flow, "any (RFC 6056)"},
    {Field::destination_port, "destination port", 16, 16, Per::flow, "any is answered"},
    {Field::tcp_sequence, "initial sequence number", 32, 32, Per::flow, "to be unpredictable (RFC 9293, 3.4.1)"},
    {Field::tcp_window, "window", 16, 16, Per::frame, "as much as the receiver likes to take (RFC 9293, 3.8.6)"},
    {Field::tcp_urgent, "urgent pointer", 16, 16, Per::frame, "without meaning where URG is not set (RFC 9293, 3.1)"},
    {Field::tcp_reserved, "reserved bits", 4, 4, Per::frame, "to be ignored by receivers (RFC 9293, 3.1)"},
    {Field::tcp_acknowledgement, "acknowledgement number", 32, 32, Per::frame, "without meaning where ACK is not set (RFC 9293, 3.1)"},
    {Field::tcp_timestamp, "TCP time stamp", 32, 8, Per::frame, "a clock nobody checks; counted is its low byte (RFC 7323; Giffin et al. 2002)"},
    {Field::icmp_id, "echo identifier", 16, 16, Per::frame, "any (RFC 792, RFC 4443)"},
    {Field::icmp_sequence, "echo sequence number", 16, 16, Per::frame, "any (RFC 792, RFC 4443)"},
    {Field::icmp_code, "ICMP code", 8, 8, Per::frame, "receivers of an echo ignore it (RFC 792)"},
    {Field::arp_target, "address asked for", 32, 32, Per::frame, "any neighbour may be asked for (RFC 826)"},
    {Field::dns_id, "DNS identifier", 16, 16, Per::frame, "to be unpredictable (RFC 5452, 4.3)"},
    {Field::dns_case, "case of a DNS name", 1, 1, Per::letter, "names are compared without it (RFC 4343; draft-vixie-dnsext-dns0x20)"},
    {Field::dns_type, "DNS type", 16, 8, Per::frame, "all types are answered (RFC 1035)"},
    {Field::record_lifetime, "lifetime of a record", 32, 32, Per::item, "as long as its owner likes (RFC 1035, 3.2.1)"},
    {Field::record_number, "number in a message", 16, 16, Per::item, "priorities, weights, ports, flags of local name services (RFC 2782, RFC 1002)"},
    {Field::sender_time, "sender's time", 64, 64, Per::item, "any: it is only given back (RFC 5905, 7.3)"},
    {Field::order, "order", 8, 1, Per::frame, "which of two names or places comes first; more, one bit per doubling, is not counted"},
    {Field::quic_id, "QUIC connection id", 0, 0, Per::hello, "any bytes, up to 20 each way (RFC 9000, 5.1)"},
    {Field::tls_random, "TLS client random", 0, 256, Per::hello, "random (RFC 8446, 4.1.2)"},
    {Field::tls_session_id, "TLS session id", 0, 0, Per::hello, "up to 32 bytes, any where none is resumed (RFC 8446, D.4)"},
    {Field::tls_key_share, "TLS key share", 0, 0, Per::hello, "a key is random to whoever does not have the other (RFC 8446, 4.2.8)"},
    {Field::tls_cipher, "order of TLS ciphers", 16, 0, Per::item, "by preference: log2 of n! (RFC 8446, 4.1.2)"},
    {Field::tls_extension, "order of TLS extensions", 16, 0, Per::item, "any: log2 of n! (RFC 8446, 4.2)"},
    {Field::tls_grease, "TLS GREASE", 4, 4, Per::item, "one of 16 values, at random (RFC 8701)"},
}};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFields; ++i)
    if (kTable[i].field != static_cast<Field>(i)) return false;
  return true;
}
static_assert(in_order(), "the table lists the fields as the enumeration does");

std::uint64_t number(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8U | bytes[at + i];
  return value;
}

using Tell = std::function<void(Field, std::uint64_t)>;

void ip_fields(ByteView header, const Tell& tell) {
  constexpr std::size_t kIpv4 = 20;
  constexpr std::size_t kIpv6 = 40;
  if (header.size() >= kIpv6 && header[0] >> 4U == 6) {
    tell(Field::traffic_class, number(header, 0, 2) >> 4U & 0xffU);
    tell(Field::flow_label, number(header, 1, 3) & 0xfffffU);
    tell(Field::ip_length, number(header, 4, 2));
    tell(Field::ttl, header[7]);
  } else if (header.size() >= kIpv4 && header[0] >> 4U == 4) {
    tell(Field::traffic_class, header[1]);
    tell(Field::ip_length, number(header, 2, 2));
    tell(Field::ip_id, number(header, 4, 2));
    tell(Field::ip_flags, header[6] >> 5U);
    tell(Field::ttl, header[8]);
  }
}

/// The sender's time stamp, if there is one (RFC 7323, section 3.2).
void timestamp(ByteView options, const Tell& tell) {
  constexpr std::uint8_t kTimestamp = 8;
  while (!options.empty() && options[0] != 0) {
    const std::size_t size = options[0] == 1 ? 1 : options.size() < 2 ? 0 : options[1];
    if (size == 0 || size > options.size() || (size == 1 && options[0] != 1)) return;
    if (options[0] == kTimestamp && size == 10) tell(Field::tcp_timestamp, number(options, 2, 4));
    options = options.subspan(size);
  }
}

void tcp_fields(ByteView header, bool begins, const Tell& tell) {
  constexpr std::uint8_t kAck = 0x10;
  constexpr std::uint8_t kUrg = 0x20;
  constexpr std::size_t kFixed = 20;
  if (begins) tell(Field::tcp_sequence, number(header, 4, 4));
  tell(Field::tcp_window, number(header, 14, 2));
  tell(Field::tcp_reserved, header[12] & 0xfU);
  if ((header[13] & kAck) == 0) tell(Field::tcp_acknowledgement, number(header, 8, 4));
  if ((header[13] & kUrg) == 0) tell(Field::tcp_urgent, number(header, 18, 2));
  timestamp(header.subspan(kFixed), tell);
}

void icmp_fields(ByteView header, const Tell& tell) {
  const bool echo = header[0] == 0 || header[0] == 8 || header[0] == 128 || header[0] == 129;
  if (!echo) return;
  tell(Field::icmp_code, header[1]);
  tell(Field::icmp_id, number(header, 4, 2));
  tell(Field::icmp_sequence, number(header, 6, 2));
}

void dns_fields(const Dissection& frame, const Tell& tell) {
  const ByteView message = *frame.datagram;
  tell(Field::dns_id, number(message, 0, 2));
  tell(Field::dns_type, number(message, kNameOffset + frame.query->name_length, 2));
  for (const std::string& label : frame.query->labels)
    for (const char c : label) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (upper || (c >= 'a' && c <= 'z')) tell(Field::dns_case, upper ? 1 : 0);
    }
}

Field field_of(FreeNumber number) {
  switch (number) {
    case FreeNumber::id:
      return Field::dns_id;
    case FreeNumber::type:
      return Field::dns_type;
    case FreeNumber::lifetime:
      return Field::record_lifetime;
    case FreeNumber::number:
      return Field::record_number;
    case FreeNumber::time:
      return Field::sender_time;
  }
  return Field::record_number;
}

/// The last eight bytes of an address.
std::uint64_t low_bits(const Address& address) {
  const std::size_t size = address.size == 4 ? 4 : 8;
  return number(address.bytes, address.size - size, size);
}

}  // namespace

const FieldInfo& info(Field field) { return kTable[static_cast<std::size_t>(field)]; }

void for_each_field(const Dissection& frame, bool begins, const Tell& tell) {
  constexpr std::size_t kArp = 28;
  constexpr std::size_t kEcho = 8;
  const bool ip = frame.channel != "arp";
  if (ip) ip_fields(frame.network, tell);
  if (!ip && frame.network.size() >= kArp) tell(Field::arp_target, number(frame.network, 24, 4));
  if (frame.fragment && frame.fragment->source.size == 16) tell(Field::fragment_id, frame.fragment->id);
  if (begins) {
    tell(Field::source_address, low_bits(frame.source));
    tell(Field::destination_address, low_bits(frame.destination));
    tell(Field::source_port, frame.source.port);
    tell(Field::destination_port, frame.destination.port);
  }
  if (frame.tcp) tcp_fields(frame.transport, begins, tell);
  if (frame.query) dns_fields(frame, tell);
  if (frame.content)
    for (const auto& [number, value] : frame.content->numbers) tell(field_of(number), value);
  const bool icmp = frame.channel == "icmp" || frame.channel == "icmpv6";
  if (icmp && frame.transport.size() >= kEcho) icmp_fields(frame.transport, tell);
}

}  // namespace candor::capture
