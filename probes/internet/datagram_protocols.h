// SPDX-License-Identifier: Apache-2.0
//
// The protocols over UDP that are recognised and answered, besides DNS: one file each, one line each in the
// table in datagram_protocols.cc. Pure functions of one datagram; what was received is kept by udp_server.h.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "internet/stream_record.h"

namespace candor::internet {

struct DatagramProtocol {
  const char* name;
  bool (*recognises)(const Route& route, ByteView datagram);
  /// Empty: none is sent. `wall_ns` is the world's time.
  Bytes (*answer)(const Route& route, ByteView datagram, std::int64_t wall_ns);
};

/// The one a datagram belongs to, or null.
[[nodiscard]] const DatagramProtocol* datagram_protocol(const Route& route, ByteView datagram);

}  // namespace candor::internet
