// SPDX-License-Identifier: Apache-2.0
#include "internet/http_responders.h"

#include <array>

namespace candor::internet {

std::span<const HttpResponder> http_responders() {
  static constexpr std::array<HttpResponder, 6> kTable = {
      answer_connectivity, answer_revocation, answer_dns, answer_git, answer_webdav, answer_unchanged,
  };
  return kTable;
}

}  // namespace candor::internet
