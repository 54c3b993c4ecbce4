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

/// The answer to a query that parse_dns_query took: NOERROR with `addresses` and with records of the type
/// asked for, whose data are given in the form of zone files; or NOTIMP if it is not standard. Data that make
/// no record, such as a name beyond 255 bytes, are left out.
[[nodiscard]] Bytes dns_answer(ByteView query, const std::vector<asio::ip::address>& addresses,
                               const std::vector<std::string>& data = {});

/// Records as text.
struct DnsTexts {
  std::string code = "NOERROR";
  std::uint32_t ttl = 300;
  std::string type;               ///< Of all of them.
  std::vector<std::string> data;  ///< In presentation form; of TXT, the text itself.
};
/// The answer to a standard query with these records. Those that are none of their type are left out, and
/// named in `wrong`.
[[nodiscard]] Bytes dns_answer(ByteView query, const DnsTexts& texts, std::vector<std::string>& wrong);

}  // namespace candor::internet
