// SPDX-License-Identifier: Apache-2.0
//
// QUIC is recognised and turned away: a client whose version is not among those offered must give up at once
// (RFC 9000 section 6.2), so that it falls back to TCP without waiting. What it sent is encrypted and stays
// opaque.
#pragma once

#include "internet/datagram_protocols.h"

namespace candor::internet {

/// A long header with a version, of the size that a client's first datagram must have (RFC 8999 section 5.1,
/// RFC 9000 section 14.1), on any port.
[[nodiscard]] bool is_quic_initial(const Route& route, ByteView datagram);
/// Offers one version, reserved so that nobody speaks it (RFC 9000 section 15).
[[nodiscard]] Bytes quic_version_negotiation(const Route& route, ByteView datagram, std::int64_t wall_ns);

}  // namespace candor::internet
