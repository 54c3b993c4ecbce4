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
/// {transport, source, destination, name, name_b64, type, answer: [..], plain, rule}: the answer's addresses,
/// or records' data; `plain` is whether the query was one question and nothing else; a query that was not is
/// kept as a stream besides. `rule` is "cloud:NAME", a rule of the product's cloud, or "".
inline constexpr const char* kDns = "internet.dns/1";
/// {stream, transport, source, destination, name}; of a stream in a tunnel also {tunnel}, whom the peer asked
/// the proxy for: "host:port". Source and destination stay those of the connection the tunnel is in. Of one
/// TCP connection there may be several streams, one for each protocol that was spoken; the sum of their
/// wire_bytes is what its socket received.
inline constexpr const char* kStreamOpened = "internet.stream-opened/1";
/// The members of stream-opened, and {bytes, sha256, protocol, tls, ended, detail, wire_bytes, kept}. `kept`
/// is false if bytes were received that the file lacks. `tls` is null or {version, server_name, alpn}, and
/// {client}, the subject of a certificate the client showed; the certificates are a stream of protocol
/// "x509". Of protocols that are followed {framed_bytes}, how many bytes belong to whole messages, and
/// {content_bytes}, how many of those the messages carry; the rest of them is framing. {goes_on_in}: the
/// stream of what follows on the same connection (STARTTLS, Upgrade). Further members:
///   http/1.1           {requests}
///   dns                {queries}
///   smtp, imap, pop3   {commands}, and {mails} or {messages}: taken
///   ftp                {commands, uploads};  ftp-data {command, file}: what the control connection asked for
///   mqtt               {packets, published}
///   socks4, socks5     {asked_for}: "host:port"
///   ssh                {client}: its version
///   smb                {tried: {command: times}, user, client}
///   over UDP           {datagrams, datagram_lengths}: the lengths of the first ones
/// Of connections that carry several things at once (HTTP/2, WebSocket) each request or message is a stream
/// with {within}, the number of the connection's stream: its wire_bytes are its part of what came after TLS,
/// and its file begins with a request's fields as HTTP/1.1 would write them. The connection's own stream then
/// has the rest, as it came, and {apart_bytes}, the sum of those parts.
inline constexpr const char* kStream = "internet.stream/1";
/// {stream, source, destination, name, server_name, alert}, and {tunnel} in one.
inline constexpr const char* kTlsRefused = "internet.tls-refused/1";
/// One HTTP request: {stream, source, destination, version, scheme, host, method, target, status, rule,
/// content_type, body_bytes, offset, length}: where it stands in its stream (0 and 0 if it is a stream of its
/// own), and what answered it: "cloud:NAME", a rule of the product's cloud; or "connectivity", "dns",
/// "default" …
inline constexpr const char* kRequest = "internet.request/1";
/// {name, value, by}: a value of the cloud's state changed, by a rule or by a step of the scenario ("step");
/// {set, value, by, gone}: what a set got or, if `gone`, lost.
inline constexpr const char* kCloudState = "internet.cloud-state/1";
/// A connection to a real host that is passed through has ended, or was not made: {connection, host, port,
/// stream, tls, sent, received, written, read, problem}. `connection` is the number it was asked for by;
/// `stream` the last one on the guest's connection; `sent` and `received` count the guest's content and the
/// host's, `written` and `read` what the relay took and gave, in the host's own TLS if `tls`. The streams of
/// such connections have {passed_to}.
inline constexpr const char* kPassage = "internet.passage/1";
/// {what, detail}: evidence was lost or a bound was reached; never routine.
inline constexpr const char* kTrouble = "internet.trouble/1";

inline std::vector<std::string> all() {
  return {kReady, kDns, kStreamOpened, kStream, kTlsRefused, kRequest, kCloudState, kPassage, kTrouble};
}

}  // namespace candor::internet::event
