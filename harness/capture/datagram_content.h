// SPDX-License-Identifier: Apache-2.0
//
// Datagrams that are read to their last byte: what hosts say to their neighbours (mDNS, LLMNR, NetBIOS, SSDP,
// WS-Discovery) and small requests (NTP, STUN). Each byte is prescribed by the format, or says something, or
// is nobody's to understand. One line each in the table in datagram_content.cc, one file for each family.
// Pure functions; a datagram that is not well-formed in all its fields is none of them. Views point into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace candor::capture {

/// Numbers in a datagram in which its sender chooses freely (see header_fields.h).
enum class FreeNumber : std::uint8_t { id, type, lifetime, number, time };

struct DatagramContent {
  /// Something it says, as a receiver reads it.
  struct Text {
    const char* how = "";  ///< It was made of the bytes: a decode step.
    std::size_t at = 0;    ///< In the datagram.
    std::size_t size = 0;  ///< Bytes of `content` it stands for; 0 if another text already does.
    std::string text;      ///< Any bytes.
  };

  const char* protocol = "";
  std::size_t framing = 0;  ///< With `content` and `other` the datagram's size.
  std::size_t content = 0;  ///< Of texts and addresses.
  std::size_t other = 0;
  std::vector<Text> texts;
  std::vector<ByteView> addresses;  ///< 4 or 16 bytes: to be understood only if they are the sender's own.
  std::vector<std::pair<FreeNumber, std::uint64_t>> numbers;
};

/// Nothing if it is none of them.
[[nodiscard]] std::optional<DatagramContent> read_datagram(std::uint16_t from, std::uint16_t to,
                                                           ByteView payload);

// Those that there are. Each sets `protocol`.
[[nodiscard]] std::optional<DatagramContent> read_mdns(ByteView payload);              // RFC 6762
[[nodiscard]] std::optional<DatagramContent> read_llmnr(ByteView payload);             // RFC 4795
[[nodiscard]] std::optional<DatagramContent> read_netbios_names(ByteView payload);     // RFC 1002, 4.2
[[nodiscard]] std::optional<DatagramContent> read_netbios_datagram(ByteView payload);  // RFC 1002, 4.4
[[nodiscard]] std::optional<DatagramContent> read_ssdp(ByteView payload);  // UPnP Device Architecture 2.0, 1
[[nodiscard]] std::optional<DatagramContent> read_ws_discovery(ByteView payload);  // OASIS WS-Discovery 1.1
[[nodiscard]] std::optional<DatagramContent> read_ntp(ByteView payload);           // RFC 5905, 7.3
[[nodiscard]] std::optional<DatagramContent> read_stun(ByteView payload);          // RFC 8489

}  // namespace candor::capture
