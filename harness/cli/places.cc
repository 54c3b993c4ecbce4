// SPDX-License-Identifier: Apache-2.0
#include "cli/places.h"

#include <cstdlib>
#include <sstream>

#include "base/bytes.h"
#include "base/error.h"
#include "base/paths.h"

namespace candor::cli {

namespace fs = std::filesystem;

fs::path scenario_file(const std::string& word) {
  if (fs::exists(word)) return word;
  const fs::path named = share_dir() / "scenarios" / (word + ".yaml");
  if (word.find('/') == std::string::npos && fs::exists(named)) return named;
  throw Error("there is no scenario file '" + printable(word) + "', nor " + named.string() +
                  "; `candor list` shows what there is",
              Fault::input);
}

std::vector<fs::path> probe_places(const std::vector<std::string>& further) {
  std::vector<fs::path> places(further.begin(), further.end());
  if (const char* const list = std::getenv("CANDOR_PROBES")) {
    std::istringstream stream(list);
    for (std::string place; std::getline(stream, place, ':');)
      if (!place.empty()) places.emplace_back(place);
  }
  places.push_back(share_dir() / "probes");
  return places;
}

std::string hosts_text(const std::vector<NamedHost>& hosts) {
  std::string text;
  for (const NamedHost& host : hosts)
    text += (text.empty() ? "" : ", ") + host.text() + (host.port == 0 ? " (every port)" : "");
  return text;
}

}  // namespace candor::cli
