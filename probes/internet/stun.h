// SPDX-License-Identifier: Apache-2.0
//
// A STUN server (RFC 8489): it tells a client the address it is seen at, so that what asks for it goes on.
#pragma once

#include "internet/datagram_protocols.h"

namespace candor::internet {

/// A Binding request with the magic cookie, on any port.
[[nodiscard]] bool is_stun_request(const Route& route, ByteView datagram);
/// A Binding success response with XOR-MAPPED-ADDRESS.
[[nodiscard]] Bytes stun_answer(const Route& route, ByteView request, std::int64_t wall_ns);

}  // namespace candor::internet
