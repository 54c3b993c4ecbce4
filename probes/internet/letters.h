// SPDX-License-Identifier: Apache-2.0
//
// Letters of protocols, which are ASCII whatever the locale.
#pragma once

namespace candor::internet {

[[nodiscard]] constexpr char capital(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace candor::internet
