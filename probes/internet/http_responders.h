// SPDX-License-Identifier: Apache-2.0
//
// The web servers every network is expected to have, and protocols over HTTP: each a function in a file of
// its own and one line in the table in http_responders.cc, in whose order they are asked. A responder answers
// what is its business and nothing else; it gives the answer's `rule` its own name.
#pragma once

#include <optional>
#include <span>

#include "internet/http_message.h"
#include "internet/services.h"
#include "internet/stream_record.h"

namespace candor::internet {

using HttpResponder = std::optional<HttpAnswer> (*)(Services&, const Route&, const HttpRequest&);

[[nodiscard]] std::span<const HttpResponder> http_responders();

/// The checks of systems and browsers whether they are behind a captive portal.
[[nodiscard]] std::optional<HttpAnswer> answer_connectivity(Services&, const Route&, const HttpRequest&);
/// OCSP (RFC 6960) and revocation lists (RFC 5280), in the name of the run's authority.
[[nodiscard]] std::optional<HttpAnswer> answer_revocation(Services&, const Route&, const HttpRequest&);
/// DNS over HTTPS (RFC 8484).
[[nodiscard]] std::optional<HttpAnswer> answer_dns(Services&, const Route&, const HttpRequest&);
/// git's smart protocol (gitprotocol-http(5)): a repository that is empty and takes every push.
[[nodiscard]] std::optional<HttpAnswer> answer_git(Services&, const Route&, const HttpRequest&);
/// WebDAV (RFC 4918), classes 1 and 2, as far as clients need it to put files.
[[nodiscard]] std::optional<HttpAnswer> answer_webdav(Services&, const Route&, const HttpRequest&);
/// Requests with a condition: nothing has changed since. And Debian archives, which have nothing new.
[[nodiscard]] std::optional<HttpAnswer> answer_unchanged(Services&, const Route&, const HttpRequest&);

}  // namespace candor::internet
