// SPDX-License-Identifier: Apache-2.0
//
// Any file as a capture: the account's parts add up to what was sent, and its flows to the parts.
#include <cstdlib>

#include "capture/account.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto half = [](candor::ByteView bytes) {
    candor::model::Recognition nothing;
    nothing.opaque = bytes.size() / 2;
    return nothing;
  };
  const auto found = candor::capture::account_frames(candor::ByteView(data, size),
                                                     {.recognise = half, .as_it_stands = half});
  const std::uint64_t sum =
      found.framing + found.retransmitted + found.dns + found.tcp + found.udp + found.known + found.other;
  if (sum != found.sent || found.complete != found.problem.empty()) std::abort();
  std::uint64_t tcp = 0;
  std::uint64_t bytes = 0;
  for (const auto& flow : found.flows) {
    bytes += flow.bytes;
    if (flow.transport == "tcp") tcp += flow.payload;
  }
  if (tcp != found.tcp || bytes != found.sent) std::abort();
  return 0;
}
