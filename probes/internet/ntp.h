// SPDX-License-Identifier: Apache-2.0
//
// A time server (RFC 5905; SNTP, RFC 4330, is the same on the wire): it gives the world's time and never
// tells a client to go away.
#pragma once

#include "internet/datagram_protocols.h"

namespace candor::internet {

/// A client's request, version 1 to 4, to port 123.
[[nodiscard]] bool is_ntp_request(const Route& route, ByteView datagram);
[[nodiscard]] Bytes ntp_answer(const Route& route, ByteView request, std::int64_t wall_ns);

}  // namespace candor::internet
