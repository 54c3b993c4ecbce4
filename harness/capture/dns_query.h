// SPDX-License-Identifier: Apache-2.0
//
// A DNS query read to its last byte (RFC 1035, RFC 6891), so that each of its bytes can be accounted for. A
// message that is anything but one plain question is not one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::capture {

struct DnsQuery {
  std::vector<std::string> labels;  ///< As sent, the root left out; any bytes.
  std::uint64_t name_length = 0;    ///< Of the name as it stands in the message, from byte kNameOffset.
  // Bytes the format allows to hold anything.
  std::uint64_t opaque_labels = 0;   ///< Of labels that are no host name's.
  std::uint64_t opaque_options = 0;  ///< Of EDNS.

  /// Of all labels, without their lengths.
  [[nodiscard]] std::uint64_t label_bytes() const { return name_length - 1 - labels.size(); }
};
inline constexpr std::uint64_t kNameOffset = 12;

[[nodiscard]] std::optional<DnsQuery> parse_dns_query(ByteView message);

/// The last two labels, lower case: where a name's answers come from, near enough for a channel.
[[nodiscard]] std::string base_domain(const DnsQuery& query);
/// The labels in front of those, or all of them, put together without dots.
[[nodiscard]] std::string labels_before_base(const DnsQuery& query);
[[nodiscard]] std::string joined_labels(const DnsQuery& query, const char* separator);
[[nodiscard]] std::string lower_case(std::string text);

}  // namespace candor::capture
