// SPDX-License-Identifier: Apache-2.0
//
// The ledger: which of the guest's bytes were understood, and where the opaque ones went. A byte of a
// connection is understood only as far as the connection's stream was received, ended and recognised;
// whatever two counts of the same bytes do not agree on is opaque, and said. Its entries add up to what was
// sent for any evidence.
#pragma once

#include <string>
#include <vector>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::judge {

struct OpaquePart {
  std::string where;  ///< "to telemetry.example (198.18.0.3:443)", "over quic to …", "in icmp frames to …".
  model::OpaqueReason reason = model::OpaqueReason::undecodable;
  std::uint64_t bytes = 0;
};

struct Ledger {
  model::LedgerTotals totals;
  std::vector<OpaquePart> opaque;  ///< Largest first.
  std::vector<model::Destination>
      destinations;                   ///< Most opaque bytes first; of very many, one sums up the rest.
  std::vector<std::string> problems;  ///< Sentences: counts that contradict each other.
};

[[nodiscard]] Ledger account(const model::Evidence& evidence);

}  // namespace candor::judge
