// SPDX-License-Identifier: Apache-2.0
#include "cli/places.h"

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

std::string hosts_text(const std::vector<NamedHost>& hosts) {
  std::string text;
  for (const NamedHost& host : hosts)
    text += (text.empty() ? "" : ", ") + host.text() + (host.port == 0 ? " (every port)" : "");
  return text;
}

}  // namespace candor::cli
