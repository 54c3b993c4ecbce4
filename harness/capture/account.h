// SPDX-License-Identifier: Apache-2.0
//
// Where the guest's bytes went: every byte of every frame it sent, each in exactly one part of a
// FrameAccount. A pure function of the capture; what cannot be read or followed is never skipped: it makes
// the account incomplete, with a sentence, or counts as `other`.
#pragma once

#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "model/evidence.h"

namespace candor::capture {

/// Searches one piece of bytes for planted things.
using Recogniser = std::function<model::Recognition(ByteView)>;

/// What the account needs to know from outside the capture.
struct AccountHelp {
  Recogniser recognise;  ///< Through every encoding and container.
  /// What stands there as it is, and nothing else: for the thousands of ways in which header fields may be
  /// put together (carriers.h). Without it they are not searched.
  Recogniser as_it_stands = {};
  /// How many payload bytes of a TCP conversation (source, destination) sockets received. Where that is not
  /// what frames carried, the frames are put together and searched. Without it, accepted is received.
  std::function<std::uint64_t(const model::Endpoint&, const model::Endpoint&)> received = {};
};

/// Reads what the wire probe recorded. Everything but the payload of TCP connections that sockets received as
/// streams is searched: frame by frame; for what goes to one place in small pieces, put together again; and
/// header fields as small carriers. `frames` counts those the guest sent; a finding's number counts all, from
/// 1, as Wireshark does.
[[nodiscard]] model::FrameAccount account_frames(const std::filesystem::path& pcapng,
                                                 const AccountHelp& help);

/// The same of a capture in memory.
[[nodiscard]] model::FrameAccount account_frames(ByteView pcapng, const AccountHelp& help);

}  // namespace candor::capture
