// SPDX-License-Identifier: Apache-2.0
//
// How the judge writes numbers and places in its sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/evidence.h"

namespace candor::judge {

/// 12345 as "12,345".
[[nodiscard]] std::string number(std::uint64_t value);
/// "1 byte", "12,345 bytes".
[[nodiscard]] std::string counted(std::uint64_t value, std::string_view noun);
/// "samples.example (198.18.0.7:443)"; only the endpoint if it has no name.
[[nodiscard]] std::string named_endpoint(const std::string& name, const std::string& endpoint);
/// The same of where a stream went, printable; both names if the client gave another than it had looked up.
[[nodiscard]] std::string destination_text(const model::Stream& stream);
/// The name a stream's address was given out for, else the one the client gave, else the address: a client
/// may give any server name it likes. In plain_host's form.
[[nodiscard]] std::string host_of(const model::Stream& stream);
/// By what a stream went: "https", "http/8080", "dns over tcp", "smtp over tls", "ftp-data", "mqtt/9000"; by
/// its port alone if nobody knows what was spoken there: "tcp/9999".
[[nodiscard]] std::string channel_of(const model::Stream& stream);
/// Lower case, without the dot at the end.
[[nodiscard]] std::string plain_host(std::string_view host);
/// Endpoints of the capture and of sockets in one form: no scope, no IPv4 inside IPv6.
[[nodiscard]] model::Endpoint plain_endpoint(const model::Endpoint& endpoint);

}  // namespace candor::judge
