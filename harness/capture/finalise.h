// SPDX-License-Identifier: Apache-2.0
//
// Puts a run's TLS secrets into its capture, so that Wireshark opens the traffic with nothing else at hand.
#pragma once

#include <cstdint>
#include <filesystem>

namespace candor::capture {

struct Finalised {
  std::uint64_t secrets = 0;   ///< Key log lines put into the capture.
  std::uint64_t rejected = 0;  ///< Lines that are no secrets: malformed, too long, cut off.
};

/// Writes the key log (NSS format) as Decryption Secrets Blocks in front of the packets, in place of any from
/// before; all other bytes of the capture stay as they are, a torn tail too. The file is replaced at once: a
/// crash leaves the old one. A missing or empty key log changes nothing. Throws Error if files cannot be read
/// or written, or if `capture` is not a pcapng file.
Finalised finalise_capture(const std::filesystem::path& capture, const std::filesystem::path& keylog);

}  // namespace candor::capture
