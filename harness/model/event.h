// SPDX-License-Identifier: Apache-2.0
//
// What probes report. The envelope is the protocol's (probes/PROTOCOL.md); `data` belongs to the event's
// type, "noun.event/VERSION". The types of the harness's own probes are listed here, with their members.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace candor::model {

struct Event {
  std::string probe;         ///< Name from its HELLO: "wire", "internet"; "runner" for the harness itself.
  std::string instance;      ///< One process of that probe.
  std::int64_t seq = 0;      ///< From 1, without gaps, per instance.
  std::string type;          ///< "internet.stream/1".
  std::int64_t wall_ns = 0;  ///< When it happened, by the probe's clocks (CLOCK_REALTIME, CLOCK_MONOTONIC).
  std::int64_t mono_ns = 0;
  std::int64_t received_ns = 0;  ///< CLOCK_MONOTONIC of the collector on arrival.
  Json data;
};

/// Types reported by the harness's own processes.
namespace event {
// runner
/// {index, verb, text, line, outcome: "done"|"failed", detail, started_ns, ended_ns (monotonic), output?}
inline constexpr const char* kStep = "run.step/1";
/// {document, host, ok, detail}: what the control sender in the guest is asked to send; reported before it is
/// asked (not ok), and again with what became of it. The last report of a document holds.
inline constexpr const char* kControl = "run.control/1";
/// {process, how}: a process of the run ended when it should not have.
inline constexpr const char* kProcessDied = "run.process-died/1";
// wire
/// {file}: recording began.
inline constexpr const char* kCapture = "wire.capture/1";
/// {up}: the cable was plugged or pulled.
inline constexpr const char* kLink = "wire.link/1";
/// {sent_frames, sent_bytes, received_frames, received_bytes, undelivered_frames}: since the start. "Sent" is
/// from the guest; undelivered frames were recorded and not passed on (link down, tap refused).
inline constexpr const char* kWireTotals = "wire.totals/1";
// internet
/// {ca_pem}: listening.
inline constexpr const char* kInternetReady = "internet.ready/1";
/// {transport: "udp"|"tcp", source, name, type, answer: [..]}; name is the queried name, made printable, and
/// name_b64 its bytes.
inline constexpr const char* kDns = "internet.dns/1";
/// {stream, transport, source: {address, port}, destination: {address, port}, name}: name is the DNS name the
/// destination address was given out for, or "".
inline constexpr const char* kStreamOpened = "internet.stream-opened/1";
/// The stream ended: the members of stream-opened, and {bytes, sha256, protocol, tls: null|{version,
/// server_name, alpn}, ended: "eof"|"reset"|"idle"|"stopped"|"error", detail, wire_bytes}. `bytes` and
/// `sha256` are of what the peer sent after TLS; the file is streams/SHA256. wire_bytes is what was read from
/// the socket itself. `kept` false means that bytes of it were lost. Of protocols that are followed also
/// framed_bytes, how many belong to whole messages, and content_bytes, how many of those the messages carry.
/// One connection may be several streams (STARTTLS, tunnels); `tunnel` is whom the peer asked a proxy for.
/// All members: probes/internet/event_types.h.
inline constexpr const char* kStream = "internet.stream/1";
/// {source, destination, name, server_name, alert}: a TLS client broke off the handshake.
inline constexpr const char* kTlsRefused = "internet.tls-refused/1";
/// {stream, offset, …}: an HTTP request was received; it stands there in its stream. In the order of
/// requests.
inline constexpr const char* kRequest = "internet.request/1";
/// {what, detail}: something was lost, not kept or not answered as it should be.
inline constexpr const char* kTrouble = "internet.trouble/1";
/// {connection, host, port, stream, tls, sent, received, written, read, problem}: a connection that was
/// passed through to a real host has ended, as seen from the guest's side.
inline constexpr const char* kPassage = "internet.passage/1";
// relay
/// {connection, host, port}: a real host is about to be contacted.
inline constexpr const char* kRelayOpened = "relay.opened/1";
/// The same, and {address, sent, received, ended, detail}: all members in probes/relay/event_types.h.
inline constexpr const char* kRelayClosed = "relay.closed/1";
/// {host, port, sentence}: the sealed side asked for what is not allowed.
inline constexpr const char* kRelayRefused = "relay.refused/1";
}  // namespace event

}  // namespace candor::model
