// SPDX-License-Identifier: Apache-2.0
//
// What the probe's parts need around them: a list for events instead of a collector, a temporary folder, and
// one authority for all tests, since its keys take time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "internet/services.h"

namespace candor::internet {

class ListReporter : public Reporter {
 public:
  void report(const std::string& type, Json data) override { events.emplace_back(type, std::move(data)); }
  void dropped(std::uint64_t count) override { lost += count; }
  [[nodiscard]] std::vector<Json> of(const std::string& type) const {
    std::vector<Json> found;
    for (const auto& [each, data] : events) {
      if (each == type) found.push_back(data);
    }
    return found;
  }
  std::vector<std::pair<std::string, Json>> events;
  std::uint64_t lost = 0;
};

inline Authority& shared_authority() {
  static Authority authority;
  return authority;
}

struct Rig {
  TempDir folder{std::filesystem::temp_directory_path(), "candor-internet-test-"};
  std::filesystem::path key_log = folder.path() / "keys.log";
  ListReporter reporter;
  TlsContext tls{shared_authority(), key_log};
  NamePool names;
  Services services{.reporter = reporter, .tls = tls, .names = names, .streams = folder.path()};
};

}  // namespace candor::internet
