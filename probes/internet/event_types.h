// SPDX-License-Identifier: Apache-2.0
//
// The events this probe reports. Members are those of the harness's model/event.h and, beyond them, the ones
// named here; probes know no header of the harness's model, so the names stand here a second time.
#pragma once

#include <string>
#include <vector>

namespace candor::internet::event {

/// {ca_pem}: listening.
inline constexpr const char* kReady = "internet.ready/1";
/// {transport, source, destination, name, name_b64, type, answer: [..], plain}: `plain` is whether the query
/// was one question and nothing else; a query that was not is kept as a stream besides.
inline constexpr const char* kDns = "internet.dns/1";
/// {stream, transport, source, destination, name}.
inline constexpr const char* kStreamOpened = "internet.stream-opened/1";
/// The members of stream-opened, and {bytes, sha256, protocol, tls, ended, detail, wire_bytes, kept}; for
/// HTTP {requests, framed_bytes}, for DNS over TCP {queries, framed_bytes}: bytes that belong to whole
/// messages; for UDP {datagrams, datagram_lengths}: the lengths of the first ones. `kept` is false if bytes
/// were received that the file lacks.
inline constexpr const char* kStream = "internet.stream/1";
/// {stream, source, destination, name, server_name, alert}.
inline constexpr const char* kTlsRefused = "internet.tls-refused/1";
/// One HTTP request: {stream, source, destination, version, scheme, host, method, target, status, rule, content_type,
/// body_bytes, offset, length}: where it stands in its stream (0 and 0 if it is a stream of its own), and what
/// answered it: "cloud:NAME", a rule of the product's cloud; or "connectivity", "dns", "default" …
inline constexpr const char* kRequest = "internet.request/1";
/// {name, value, by}: a value of the cloud's state changed, by a rule or by a step of the scenario ("step");
/// {set, value, by, gone}: what a set got or, if `gone`, lost.
inline constexpr const char* kCloudState = "internet.cloud-state/1";
/// {what, detail}: evidence was lost or a bound was reached; never routine.
inline constexpr const char* kTrouble = "internet.trouble/1";

inline std::vector<std::string> all() {
  return {kReady, kDns, kStreamOpened, kStream, kTlsRefused, kRequest, kCloudState, kTrouble};
}

}  // namespace candor::internet::event
