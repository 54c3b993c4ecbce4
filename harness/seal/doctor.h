// SPDX-License-Identifier: Apache-2.0
//
// What Candor needs of its host, checked one by one, each with what was found and the command that mends it
// on Debian 12. Nothing is changed on the host. Takes a few seconds at most.
#pragma once

#include <string>
#include <vector>

namespace candor::seal {

struct Check {
  std::string name;  ///< "user namespaces".
  bool ok = false;
  bool required = true;  ///< Whether Candor cannot do its work without.
  std::string found;     ///< "QEMU 7.2.15", "missing".
  std::string mend;      ///< A shell command, or "" if there is nothing to mend.
};

[[nodiscard]] std::vector<Check> check_host();

}  // namespace candor::seal
