// SPDX-License-Identifier: Apache-2.0
//
// What every connection and conversation of the probe uses: limits, names, TLS, the stream folder, where
// events go, and running totals. One per process; one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "internet/event_types.h"
#include "internet/expected_connections.h"
#include "internet/http_state.h"
#include "internet/name_pool.h"
#include "internet/relay_client.h"
#include "internet/reporter.h"
#include "internet/tls_context.h"

namespace candor::internet {

/// Nothing here cuts a peer that still sends.
struct Limits {
  using Time = std::chrono::nanoseconds;
  Time tcp_idle = std::chrono::minutes(5);        ///< Then half-closed …
  Time linger = std::chrono::seconds(30);         ///< … and closed if silent for so long after.
  Time udp_idle = std::chrono::minutes(1);        ///< Then the stream of a conversation ends.
  Time answer_stall = std::chrono::seconds(10);   ///< Who takes no answer for so long gets none.
  Time stop = std::chrono::seconds(2);            ///< Spent at the end on what has already arrived.
  Time silence = std::chrono::milliseconds(300);  ///< Of a peer, before a server that speaks first speaks.
  Time tls_silence = std::chrono::seconds(5);     ///< The same in the clear where TLS is usual.
  std::size_t connections = 8192;                 ///< More: the longest silent one is ended.
  std::size_t conversations = 4096;               ///< Of UDP; likewise.
};

struct Totals {
  std::uint64_t streams = 0;     ///< Opened.
  std::uint64_t bytes = 0;       ///< After TLS.
  std::uint64_t wire_bytes = 0;  ///< From sockets.
  std::uint64_t dns_queries = 0;
  std::uint64_t datagrams = 0;
  std::int64_t last_activity_ns = monotonic_ns();  ///< Of the last byte received.
};

struct Services {
  Reporter& reporter;
  TlsContext& tls;
  NamePool& names;
  std::filesystem::path streams;
  Limits limits;
  Totals totals;
  std::int64_t last_stream = 0;
  HttpState web = {};
  ExpectedConnections expected;
  Dial dial;                                    ///< Set by the TCP server.
  std::unique_ptr<RelayClient> relay;           ///< None: nothing is passed through.
  std::array<std::uint8_t, 64U << 10> scratch;  // of whoever reads now; its content does not outlive the call

  void trouble(const std::string& what, const std::string& detail) {
    reporter.report(event::kTrouble, {{"what", what}, {"detail", detail}});
  }
  void heard(std::size_t wire_bytes) {
    totals.wire_bytes += wire_bytes;
    totals.last_activity_ns = monotonic_ns();
  }
};

}  // namespace candor::internet
