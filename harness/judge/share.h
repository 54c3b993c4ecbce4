// SPDX-License-Identifier: Apache-2.0
//
// What became of bytes that went through sockets: understood, or opaque for a reason. Pure.
#pragma once

#include <array>
#include <cstdint>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::judge {

struct Share {
  std::uint64_t content = 0;
  std::uint64_t framing = 0;
  std::array<std::uint64_t, model::kOpaqueReasons> opaque{};

  [[nodiscard]] std::uint64_t understood() const { return content + framing; }
  [[nodiscard]] std::uint64_t& of(model::OpaqueReason reason) {
    return opaque[static_cast<std::size_t>(reason)];
  }
  Share& operator+=(const Share& other);
};

/// Of a stream's bytes on the wire, to which it adds up. `refused`: its client refused our certificate.
[[nodiscard]] Share share_of(const model::Stream& stream, bool refused);

/// The same for `sent` bytes, of which frames tell that they were sent: what no socket received is `missing`.
[[nodiscard]] Share share_of(std::uint64_t sent, const Share& received, model::OpaqueReason missing);

/// Whether a protocol is known to encrypt what it carries, so that its bytes are opaque for that.
[[nodiscard]] bool encrypts(const std::string& protocol);

}  // namespace candor::judge
