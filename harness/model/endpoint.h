// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace candor::model {

/// One end of a conversation. Ordered as text, which is enough to look it up.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  [[nodiscard]] std::string text() const;  ///< "198.18.0.7:443", "[fd00::7]:443".
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace candor::model
