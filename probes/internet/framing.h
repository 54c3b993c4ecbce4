// SPDX-License-Identifier: Apache-2.0
//
// How much of a stream is whole messages of its protocol, and how much of those is what they carry.
#pragma once

#include <cstdint>

#include "base/json.h"

namespace candor::internet {

struct Framing {
  std::uint64_t framed = 0;   ///< Bytes of whole messages.
  std::uint64_t content = 0;  ///< Of those, what the messages carry: mail, files, payloads.

  [[nodiscard]] Json json() const { return {{"framed_bytes", framed}, {"content_bytes", content}}; }
};

}  // namespace candor::internet
