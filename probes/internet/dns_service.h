// SPDX-License-Identifier: Apache-2.0
//
// The world's name server: answers and reports DNS queries, however they came.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "internet/services.h"
#include "internet/stream_record.h"

namespace candor::internet {

struct DnsOutcome {
  Bytes answer;         ///< Empty: none is sent.
  bool plain = false;   ///< The event tells every byte of the query; otherwise its bytes are to be kept.
  std::string problem;  ///< Why it is no query; or "".
};

/// Answers one message and, if it is a query, reports it.
[[nodiscard]] DnsOutcome serve_dns(Services& services, const Route& route, ByteView message);

}  // namespace candor::internet
