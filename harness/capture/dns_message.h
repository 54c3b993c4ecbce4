// SPDX-License-Identifier: Apache-2.0
//
// Messages in the form of DNS (RFC 1035, section 4) with any number of questions and records, as local name
// services send them, read field by field. Names are told by the labels that stand there: what a compression
// pointer leads to was told already. Stateless.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "capture/datagram_content.h"
#include "capture/field_reader.h"

namespace candor::capture {

/// What the dialects of DNS differ in.
struct DnsDialect {
  const char* protocol = "";
  std::uint16_t free_flags = 0;  ///< Flags a message may have set; any other makes it none.
  std::uint16_t class_flag = 0;  ///< Bit of the class with a meaning of its own (RFC 6762, 10.2 and 5.4).
  bool netbios = false;          ///< First labels are encoded names (RFC 1001, 14.1).
};

[[nodiscard]] std::optional<DatagramContent> read_dns_message(ByteView message, const DnsDialect& dialect);

/// Takes a NetBIOS name with its length in front, 33 bytes, and adds it to `content`: 16 bytes, each in two
/// letters. False if it is none.
[[nodiscard]] bool read_netbios_name(FieldReader& reader, DatagramContent& content);

}  // namespace candor::capture
