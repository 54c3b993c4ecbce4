// SPDX-License-Identifier: Apache-2.0
//
// DNS messages, by ldns: what a query asks and an answer to it. Pure functions over hostile bytes; names are
// byte strings.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace candor::internet {

namespace asio = boost::asio;

struct DnsQuery {
  std::string name;  ///< Labels joined by dots, as bytes, without the final dot.
  std::string type;  ///< "A", "TXT", "TYPE65534" …
  bool wants_v4 = false;
  bool wants_v6 = false;
  bool standard = true;  ///< Opcode QUERY, class IN.
  /// Nothing but one question and perhaps an empty EDNS record: every byte of it is told by this struct, the
  /// message id and the EDNS sizes.
  bool plain = false;
};

/// Not a DNS query, and why: "a response", "2 questions", "cut short" …
struct NotDns {
  std::string reason;
};

[[nodiscard]] std::variant<DnsQuery, NotDns> parse_dns_query(ByteView message);

/// The answer to a query that parse_dns_query took: NOERROR with `addresses`, or NOTIMP if it is not
/// standard.
[[nodiscard]] Bytes dns_answer(ByteView query, const std::vector<asio::ip::address>& addresses);

}  // namespace candor::internet
