// SPDX-License-Identifier: Apache-2.0
//
// DNS over TCP and TLS, as sockets received it: queries, each with its length in front (RFC 1035,
// section 4.2.2). Names are searched as a receiver reads them, one by one and together, as in frames
// (account.h). Pure.
#pragma once

#include "base/bytes.h"
#include "capture/account.h"
#include "model/hit.h"

namespace candor::capture {

/// What the recogniser found in the stream as it stands (`found`), and in its names. If all of it is plain
/// queries, only their identifiers and what anybody may fill stay opaque; else the stream is as opaque as it
/// was.
[[nodiscard]] model::Recognition search_dns_stream(ByteView stream, const Recogniser& recognise,
                                                   model::Recognition found);

}  // namespace candor::capture
