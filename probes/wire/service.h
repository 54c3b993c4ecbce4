// SPDX-License-Identifier: Apache-2.0
//
// The wire as a probe: runs the forwarder, reports totals, and obeys the harness. Commands:
//   link   {up}                  the cable is plugged or pulled; frames are recorded all the same
//   condition {delay_ns, loss_ppm, rate_bit_s, seed}   what the link does to the frames of each direction;
//   see lane.h totals {}                    the members of wire.totals/1, last_sent_mono_ns,
//   last_active_mono_ns quiet  {quiet_ns, limit_ns}  answered {quiet: true} once the guest has sent nothing
//   but upkeep (ARP,
//                                neighbour discovery, membership) for quiet_ns, counted from its last other
//                                frame, the last delayed frame's arrival or the command, whichever is latest,
//                                and nothing is on its way; {quiet: false} after limit_ns
//   finish {}                    delivers what is on its way, keeps the capture on disk, reports, and ends
// One thread; throws Error for what ends the wire, after which the guest is cut off.
#pragma once

#include <filesystem>
#include <string>

namespace candor::wire {

struct ServiceSettings {
  std::string collector;
  std::filesystem::path capture;
  int guest_fd = -1;
  int tap_fd = -1;
};

/// Returns after "finish".
void serve(const ServiceSettings& settings);

}  // namespace candor::wire
