// SPDX-License-Identifier: Apache-2.0
//
// The answer of a run, and its JSON form (verdict.json, `candor run --json`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/hit.h"

namespace candor::model {

enum class Outcome { leak, no_leak_observed, inconclusive };
[[nodiscard]] const char* text(Outcome outcome);  ///< "leak", "no leak observed", "inconclusive".
[[nodiscard]] std::optional<Outcome> outcome_from(std::string_view text);

enum class Severity { low, medium, high, critical };
[[nodiscard]] const char* text(Severity severity);

/// One thing that left.
struct Finding {
  std::string data_class;   ///< "content/whole-file", "content/fragment", "derived/hash", "metadata/name", "metadata/path".
  Severity severity = Severity::critical;
  bool declared = false;
  std::string document;     ///< Document::id.
  std::string path;         ///< Its path in the guest.
  std::string canary;       ///< Token, or what was recognised instead ("sha256").
  std::string place;
  std::string channel;      ///< "https POST /upload", "dns", "udp/9999".
  std::string destination;  ///< Name and endpoint: "samples.example (198.18.0.7:443)".
  std::vector<DecodeStep> decode;
  std::uint64_t offset = 0; ///< In the innermost layer.
  std::uint64_t bytes = 0;  ///< Of the planted thing that were recognised.
  double at_s = 0;          ///< Since the run's first event.
  std::string after_step;   ///< Last step begun before it: "scan: /home/alex".
  std::string evidence;     ///< "streams/SHA256" or "frames.pcapng#12".
  std::string fingerprint;  ///< Stable across runs: of class, document spec, channel, destination name.
};

struct LedgerTotals {
  std::uint64_t sent = 0;        ///< Every byte of every frame the guest sent.
  std::uint64_t understood = 0;  ///< Framing, and content followed to the end and searched.
  std::uint64_t opaque = 0;      ///< The rest: sent == understood + opaque.
};

struct ControlTotals {
  int sent = 0;
  int found = 0;
};

}  // namespace candor::model
