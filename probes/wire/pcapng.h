// SPDX-License-Identifier: Apache-2.0
//
// The blocks of pcapng (draft-ietf-opsawg-pcapng) that the wire writes: one section, one Ethernet interface
// with nanosecond stamps, and a packet block per frame. Little-endian whatever the host. Pure functions.
//
// Direction stands in epb_flags, bits 0-1, from the interface's side, which is the guest's network card:
// outbound (2) was sent by the guest, inbound (1) was on its way to the guest.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace candor::wire {

enum class Direction : std::uint32_t { to_guest = 1, from_guest = 2 };

/// Section header and interface description: what a capture begins with.
void append_preamble(Bytes& out, std::string_view application);
/// One frame; `comment` may be empty.
void append_frame(Bytes& out, Direction direction, std::int64_t wall_ns, ByteView frame,
                  std::string_view comment);

}  // namespace candor::wire
