// SPDX-License-Identifier: Apache-2.0
//
// The events the relay reports. Members are those of the harness's model/event.h; probes know no header of
// the harness's model, so the names stand here a second time.
#pragma once

#include <string>
#include <vector>

namespace candor::relay::event {

/// {allowed: ["host:port"]}: waiting for requests.
inline constexpr const char* kReady = "relay.ready/1";
/// {connection, host, port}: the host is about to be looked up. `connection` counts from 1.
inline constexpr const char* kOpened = "relay.opened/1";
/// {connection, host, port, address, sent, received, ended, detail}: its end, or why it was never made
/// (`address` is
/// "" then). `sent` is what the host's socket took, in bytes; `ended` is "eof", "reset", "failed" (never
/// made), "limit" (the host sent more than all hosts together may), "stopped", "error".
inline constexpr const char* kClosed = "relay.closed/1";
/// {host, port, sentence}: asked for and not allowed, or no request at all. Nothing was sent.
inline constexpr const char* kRefused = "relay.refused/1";

inline std::vector<std::string> all() { return {kReady, kOpened, kClosed, kRefused}; }

}  // namespace candor::relay::event
