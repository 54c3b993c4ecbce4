// SPDX-License-Identifier: Apache-2.0
#include "capture/known_protocols.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace candor::capture {

namespace {

std::size_t u16(ByteView bytes, std::size_t at) { return std::size_t{bytes[at]} << 8U | bytes[at + 1]; }

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool all_text(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7f; });
}

/// A message known up to `known` bytes (fewer if it is shorter), with the rest opaque.
Split known_up_to(ByteView message, std::size_t known) {
  const std::size_t counted = std::min(known, message.size());
  return {.known = counted, .other = message.size() - counted};
}

Split all_other(ByteView message) { return {.other = message.size()}; }

/// ICMP errors quote the packet that caused them: its IP header and the ports are the format's, the rest is
/// free.
Split icmp_error(ByteView message, std::size_t smallest_header) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kPorts = 8;
  const ByteView quoted = message.subspan(kHeader);
  if (quoted.size() < smallest_header) return all_other(message);
  const unsigned version = quoted[0] >> 4U;
  if (version != (smallest_header == 20 ? 4U : 6U)) return all_other(message);
  const std::size_t header = version == 4 ? (quoted[0] & 0xfU) * std::size_t{4} : smallest_header;
  if (header != smallest_header) return all_other(message);
  return known_up_to(message, kHeader + header + kPorts);
}

/// Neighbour discovery: a fixed part, then options in units of eight bytes.
Split neighbour_discovery(ByteView message, std::size_t fixed) {
  constexpr std::uint8_t kSourceLink = 1;
  constexpr std::uint8_t kTargetLink = 2;
  constexpr std::uint8_t kNonce = 14;
  if (message.size() < fixed) return all_other(message);
  Split split{.known = fixed};
  ByteView rest = message.subspan(fixed);
  while (rest.size() >= 8) {
    const std::size_t size = rest[1] * std::size_t{8};
    if (size == 0 || size > rest.size()) break;
    const bool known = size == 8 && (rest[0] == kSourceLink || rest[0] == kTargetLink || rest[0] == kNonce);
    (known ? split.known : split.other) += size;
    rest = rest.subspan(size);
  }
  split.other += rest.size();
  return split;
}

/// IGMPv3 and MLDv2 reports: 8 bytes, then records of 4 bytes, a group and its sources, without auxiliary
/// data.
Split group_report(ByteView message, std::size_t address_size) {
  constexpr std::size_t kHeader = 8;
  if (message.size() < kHeader) return all_other(message);
  std::size_t known = kHeader;
  for (std::size_t records = u16(message, 6); records > 0; --records) {
    const ByteView rest = message.subspan(known);
    if (rest.size() < 4 + address_size || rest[1] != 0) break;
    const std::size_t size = 4 + address_size * (1 + u16(rest, 2));
    if (size > rest.size()) break;
    known += size;
  }
  return known_up_to(message, known);
}

bool known_dhcp4_option(std::uint8_t code, ByteView data) {
  switch (code) {
    case 53:
      return data.size() == 1;  // message type
    case 50:
    case 51:
    case 54:
      return data.size() == 4;  // addresses, lease time
    case 57:
      return data.size() == 2;  // largest message
    case 55:
      return data.size() <= 64;  // parameters asked for
    case 61:
      return data.size() <= 32;  // client identifier
    case 80:
      return data.empty();  // rapid commit
    case 145:
      return data.size() == 1;  // forcerenew nonce
    case 12:
    case 60:
      return all_text(data);  // host name, vendor class
    case 81:
      return data.size() >= 3 && all_text(data.subspan(3));  // full name
    default:
      return false;
  }
}

bool known_dhcp6_option(std::size_t code, ByteView data) {
  constexpr std::size_t kLongest = 256;
  switch (code) {
    case 1:
    case 2:
      return data.size() <= 130;  // identifiers of client and server
    case 3:
    case 4:
    case 5:
    case 25:
      return data.size() <= kLongest;  // addresses and their associations
    case 6:
      return data.size() <= kLongest && data.size() % 2 == 0;  // options asked for
    case 8:
      return data.size() == 2;  // elapsed time
    case 14:
    case 20:
      return data.empty();  // rapid commit, reconfigure
    case 39:
      return data.size() <= kLongest;  // full name
    default:
      return false;
  }
}

}  // namespace

Split icmp4(ByteView message) {
  constexpr std::size_t kHeader = 8;
  if (message.size() < kHeader) return all_other(message);
  switch (message[0]) {
    case 0:
    case 8:
      return {.framing = kHeader, .other = message.size() - kHeader};  // echo
    case 3:
    case 5:
    case 11:
    case 12:
      return icmp_error(message, 20);
    case 10:
      return known_up_to(message, kHeader);  // router solicitation
    case 13:
      return known_up_to(message, 20);  // timestamp
    default:
      return all_other(message);
  }
}

Split icmp6(ByteView message) {
  constexpr std::size_t kHeader = 8;
  if (message.size() < kHeader) return all_other(message);
  switch (message[0]) {
    case 1:
    case 2:
    case 3:
    case 4:
      return icmp_error(message, 40);
    case 128:
    case 129:
      return {.framing = kHeader, .other = message.size() - kHeader};  // echo
    case 131:
    case 132:
      return known_up_to(message, 24);  // MLDv1
    case 133:
      return neighbour_discovery(message, 8);
    case 135:
    case 136:
      return neighbour_discovery(message, 24);
    case 143:
      return group_report(message, 16);
    default:
      return all_other(message);
  }
}

Split igmp(ByteView message) {
  constexpr std::size_t kHeader = 8;
  if (message.size() < kHeader) return all_other(message);
  switch (message[0]) {
    case 0x12:
    case 0x16:
    case 0x17:
      return known_up_to(message, kHeader);
    case 0x22:
      return group_report(message, 4);
    default:
      return all_other(message);
  }
}

std::optional<Split> dhcp4(ByteView message) {
  constexpr std::size_t kFixed = 240;
  constexpr std::array<std::uint8_t, 4> kCookie{0x63, 0x82, 0x53, 0x63};
  if (message.size() < kFixed || message[0] != 1 || message[1] != 1 || message[2] != 6) return std::nullopt;
  if (!std::equal(kCookie.begin(), kCookie.end(), message.begin() + 236)) return std::nullopt;
  if (!all_zero(message.subspan(34, 10))) return std::nullopt;  // behind the hardware address
  constexpr std::size_t kNames = 192;                           // server and boot file name: never a client's
  Split split{.known = kFixed};
  if (!all_zero(message.subspan(44, kNames))) split = {.known = kFixed - kNames, .other = kNames};
  ByteView rest = message.subspan(kFixed);
  while (!rest.empty() && rest[0] != 255) {
    const std::size_t size = rest[0] == 0 ? 1 : rest.size() < 2 ? rest.size() + 1 : std::size_t{2} + rest[1];
    if (size > rest.size()) return std::nullopt;
    if (rest[0] == 0 || known_dhcp4_option(rest[0], rest.subspan(2, size - 2))) {
      split.known += size;
    } else {
      split.known += 2;
      split.other += size - 2;
    }
    rest = rest.subspan(size);
  }
  if (rest.empty() || !all_zero(rest.subspan(1))) return std::nullopt;
  split.known += rest.size();
  return split;
}

std::optional<Split> dhcp6(ByteView message) {
  constexpr std::size_t kHeader = 4;
  if (message.size() < kHeader || message[0] == 0 || message[0] > 11) return std::nullopt;
  Split split{.known = kHeader};
  ByteView rest = message.subspan(kHeader);
  while (rest.size() >= 4) {
    const std::size_t size = u16(rest, 2);
    if (size > rest.size() - 4) return std::nullopt;
    split.known += 4;
    (known_dhcp6_option(u16(rest, 0), rest.subspan(4, size)) ? split.known : split.other) += size;
    rest = rest.subspan(4 + size);
  }
  return rest.empty() ? std::optional(split) : std::nullopt;
}

bool plain_ipv4_options(ByteView options) {
  constexpr std::uint8_t kRouterAlert = 148;
  while (!options.empty() && options[0] != 0) {
    const bool alert = options[0] == kRouterAlert && options.size() >= 4 && options[1] == 4;
    if (!alert && options[0] != 1) return false;
    options = options.subspan(alert ? 4 : 1);
  }
  return all_zero(options);
}

bool plain_ipv6_options(ByteView options) {
  constexpr std::uint8_t kRouterAlert = 5;
  while (!options.empty()) {
    if (options[0] == 0) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options.size() - 2 < options[1]) return false;
    const ByteView data = options.subspan(2, options[1]);
    const bool padding = options[0] == 1 && all_zero(data);
    if (!padding && !(options[0] == kRouterAlert && data.size() == 2)) return false;
    options = options.subspan(2 + data.size());
  }
  return true;
}

bool plain_tcp_options(ByteView options) {
  const auto known = [](std::uint8_t kind, std::size_t size) {
    switch (kind) {
      case 2:
        return size == 4;  // largest segment
      case 3:
        return size == 3;  // window scale
      case 4:
        return size == 2;  // selective acknowledgement allowed
      case 5:
        return size >= 10 && size <= 34 && (size - 2) % 8 == 0;  // selective acknowledgement
      case 8:
        return size == 10;  // time stamps
      default:
        return false;
    }
  };
  while (!options.empty() && options[0] != 0) {
    if (options[0] == 1) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] > options.size() || !known(options[0], options[1])) return false;
    options = options.subspan(options[1]);
  }
  return all_zero(options);
}

bool is_quic(ByteView datagram) {
  constexpr std::size_t kSmallest = 21;  // a long header, two connection ids, a sample of what is encrypted
  if (datagram.size() < kSmallest || (datagram[0] & 0xc0U) != 0xc0U) return false;
  std::uint32_t version = 0;
  for (std::size_t i = 1; i < 5; ++i) version = version << 8U | datagram[i];
  return version == 1 || version == 0x6b3343cf || version >> 8U == 0xff0000;
}

}  // namespace candor::capture
