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
/// {what, detail}: evidence was lost or a bound was reached; never routine.
inline constexpr const char* kTrouble = "internet.trouble/1";

inline std::vector<std::string> all() {
  return {kReady, kDns, kStreamOpened, kStream, kTlsRefused, kTrouble};
}

}  // namespace candor::internet::event
