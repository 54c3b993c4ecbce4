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

/// Reads what the wire probe recorded. Everything but the payload of answered TCP connections, which the
/// simulated internet receives as streams, is searched frame by frame and, for what goes to one place in
/// small pieces, put together again. `frames` counts those the guest sent; a finding's number counts all,
/// from 1, as Wireshark does.
[[nodiscard]] model::FrameAccount account_frames(const std::filesystem::path& pcapng,
                                                 const Recogniser& recognise);

/// The same of a capture in memory.
[[nodiscard]] model::FrameAccount account_frames(ByteView pcapng, const Recogniser& recognise);

}  // namespace candor::capture
