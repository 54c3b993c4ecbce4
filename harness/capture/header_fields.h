// SPDX-License-Identifier: Apache-2.0
//
// The fields of headers in which a sender chooses freely, and how much he can say in each: one table. What a
// format prescribes (checksums, acknowledgements, lengths that follow from other lengths) is not in it; what
// is searched as content (names, options, payload) neither. Stateless; views point into the frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "capture/frame.h"

namespace candor::capture {

enum class Field : std::uint8_t {
  ip_id,
  traffic_class,
  ttl,
  ip_flags,
  flow_label,
  ip_length,
  fragment_id,
  interval,
  source_address,
  destination_address,
  source_port,
  destination_port,
  tcp_sequence,
  tcp_window,
  tcp_urgent,
  tcp_reserved,
  tcp_acknowledgement,
  tcp_timestamp,
  icmp_id,
  icmp_sequence,
  icmp_code,
  arp_target,
  dns_id,
  dns_case,
  dns_type,
  record_lifetime,
  record_number,
  sender_time,
  order,
  quic_id,
  tls_random,
  tls_session_id,
  tls_key_share,
  tls_cipher,
  tls_extension,
  tls_grease,
};
inline constexpr std::size_t kFields = 36;

/// How often a field can say something.
enum class Per { frame, flow, letter, hello, item };

struct FieldInfo {
  Field field;
  const char* name;
  unsigned width;    ///< Bits of a value; 0: bytes, joined as they are.
  double free_bits;  ///< What one value can say; 0 where it depends on the value.
  Per per;
  const char* why;  ///< What leaves the choice to the sender.
};

[[nodiscard]] const FieldInfo& info(Field field);

/// Tells the fields of a frame, once each, of DNS case once per letter. `begins` says that the frame is the
/// first of a conversation, of which ports, addresses and initial sequence number count once.
void for_each_field(const Dissection& frame, bool begins,
                    const std::function<void(Field, std::uint64_t)>& tell);

}  // namespace candor::capture
