// SPDX-License-Identifier: Apache-2.0
//
// The answer of a run, and its JSON form (verdict.json, `candor run --json`).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
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

/// What it says of something that it was found.
enum class Reach {
  left,  ///< It left the machine, or was given to what sends it.
  kept,  ///< It lies where nobody put it.
  seen,  ///< Nothing by itself.
};
[[nodiscard]] const char* text(Reach reach);  ///< "left" …

/// One thing that a process of the guest did with a document, a copy of it, or a connection.
struct ChainLink {
  std::string act;  ///< "read", "mapped", "wrote", "copied", "renamed", "linked", "started", "connected to" …
  std::string program;  ///< What the process was running: a path, or the kernel's short name of it.
  std::int64_t pid = 0;
  std::int64_t user = -1;
  std::vector<std::string> arguments;
  std::vector<std::string> started_by;  ///< Programs of those it descends from, the nearest first.
  std::string object;                   ///< A path, a program, or an endpoint.
  double at_s = 0;                      ///< Since the run's start …
  double error_s = 0;                   ///< … and how wrong that can be.
};

/// How a document came to where it was found, as far as probes in the guest saw it.
struct Chain {
  std::vector<ChainLink> links;      ///< From the document to its destination.
  std::vector<std::string> missing;  ///< Sentences.
};

/// One thing that left.
struct Finding {
  std::string data_class;  ///< "content/whole-file", "content/fragment", "derived/hash", "metadata/name",
                           ///< "metadata/path".
  Severity severity = Severity::critical;
  bool declared = false;
  Reach reach = Reach::left;  ///< Only what left is a leak.
  std::string document;       ///< Document::id.
  std::string path;           ///< Its path in the guest.
  std::string canary;         ///< Token, or what was recognised instead ("sha256").
  std::string place;
  std::string channel;      ///< "https POST /upload", "dns", "udp/9999".
  std::string destination;  ///< Name and endpoint: "samples.example (198.18.0.7:443)".
  std::vector<DecodeStep> decode;
  std::uint64_t offset = 0;  ///< In the innermost layer.
  std::uint64_t bytes = 0;   ///< Of the planted thing that were recognised.
  double at_s = 0;           ///< Since the run's first event.
  std::string after_step;    ///< Last step begun before it: "scan: /home/alex".
  std::string evidence;      ///< "streams/SHA256" or "frames.pcapng#12".
  std::string fingerprint;   ///< Stable across runs: of class, document spec, channel, destination name.
  Chain chain;               ///< Empty without probes in the guest.
};

/// Why bytes stayed opaque.
enum class OpaqueReason {
  encrypted,      ///< Under a key nobody here has.
  refused,        ///< Sent to a server whose certificate the client then refused.
  undecodable,    ///< Received and of no form that is known.
  budget,         ///< Left by a bound on time, depth or output.
  unread,         ///< In frames, and received by no socket.
  unfinished,     ///< Of a stream whose end or protocol could not be followed.
  not_followed,   ///< In frames of protocols nobody here speaks.
  contradictory,  ///< Sent again with another content.
  unexplained,    ///< Of counts that do not add up.
};
inline constexpr std::size_t kOpaqueReasons = 9;
[[nodiscard]] const char* text(OpaqueReason reason);  ///< "encrypted", "not followed" …

/// Every byte of every frame the guest sent, each in one entry.
struct LedgerTotals {
  std::uint64_t sent = 0;
  std::uint64_t understood = 0;  ///< The next four.
  std::uint64_t opaque = 0;      ///< The rest, by reason below: sent == understood + opaque.

  std::uint64_t headers = 0;        ///< Link, network and transport headers.
  std::uint64_t retransmitted = 0;  ///< Payload that was sent again, the same.
  std::uint64_t framing = 0;        ///< TLS records and handshakes, messages prescribed by their formats.
  std::uint64_t content = 0;        ///< Followed to its end and searched.
  std::array<std::uint64_t, kOpaqueReasons> opaque_by{};
  std::map<std::string, std::uint64_t> free_bits;  ///< What header fields could have carried, by field.
  auto operator<=>(const LedgerTotals&) const = default;
};

/// What went to one host by one protocol.
struct Destination {
  std::vector<std::string> names;      ///< None if it was reached by address only.
  std::vector<std::string> addresses;  ///< IP addresses, or MAC addresses of frames without.
  std::string protocol;                ///< "https", "tcp/9999", "dns", "icmp".
  std::uint64_t sent = 0;              ///< Bytes of whole frames: understood + opaque.
  std::uint64_t understood = 0;
  std::uint64_t opaque = 0;
  double first_s = 0;  ///< Of its frames, since the run's start.
  double last_s = 0;
  std::uint64_t free_bits = 0;
};

/// What was said to and by one real host that the scenario passes through.
struct PassedHost {
  std::string host;
  std::uint16_t port = 0;
  std::vector<std::string> addresses;  ///< Where it was found.
  std::uint64_t connections = 0;       ///< That were made.
  std::uint64_t failed = 0;            ///< That could not be made.
  std::uint64_t sent = 0;              ///< To it, as bytes of its connections.
  std::uint64_t received = 0;          ///< From it.
};

struct PassedThrough {
  std::vector<std::string> allowed;   ///< As the scenario names them: "cloud.example:443".
  std::vector<PassedHost> contacted;  ///< In order of their names.
};

struct ControlTotals {
  int sent = 0;
  int found = 0;
};

}  // namespace candor::model
