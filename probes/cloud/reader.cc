// SPDX-License-Identifier: Apache-2.0
#include "cloud/reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/yaml.h"
#include "cloud/draft.h"

namespace candor::cloud {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kTextLimit = 1U << 20;

/// A file while it is read: its mistakes, and what stands in it.
struct Source {
  Source(const std::string& file, std::string_view text) : diagnostics(file, std::string(text)) {}
  yaml::Diagnostics diagnostics;
  Draft draft;
};

void read_source(std::deque<Source>& sources, std::string_view text, const std::string& file,
                 const fs::path& folder) {
  Source& source = sources.emplace_back(file, text);
  const std::optional<yaml::Node> root = yaml::parse(text, source.diagnostics);
  if (!root) return;
  if (std::optional<Draft> draft = cloud_file().read(*root, source.diagnostics))
    source.draft = std::move(*draft);
  load_files(source.draft, folder, source.diagnostics);
}

/// Puts the files together, checks what spans several places, and throws if anything is wrong.
Rules finish(std::deque<Source>& sources) {
  Declared declared;
  for (Source& source : sources) declare(source.draft, declared, source.diagnostics);
  for (Source& source : sources) check_uses(source.draft, declared, source.diagnostics);
  std::string mistakes;
  for (const Source& source : sources) {
    if (!source.diagnostics.ok()) mistakes += (mistakes.empty() ? "" : "\n") + source.diagnostics.render();
  }
  if (!mistakes.empty()) throw Error(mistakes, Fault::input);
  Rules rules{.state = std::move(declared.state), .sets = std::move(declared.sets)};
  for (Source& source : sources) {
    for (DraftRoute& each : source.draft.routes) rules.routes.push_back(std::move(each.route));
    for (DraftName& each : source.draft.names) rules.names.push_back(std::move(each.name));
  }
  return rules;
}

}  // namespace

Rules read_cloud(const fs::path& folder) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem)) throw Error("there is no folder " + folder.string(), Fault::input);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::deque<Source> sources;
  for (const fs::path& file : files)
    read_source(sources, read_text(file, 2 * kTextLimit), file.string(), folder);
  return finish(sources);
}

Rules read_cloud_text(std::string_view text, const std::string& file, const fs::path& folder) {
  std::deque<Source> sources;
  read_source(sources, text, file, folder);
  return finish(sources);
}

Json schema() {
  Json whole = cloud_file().schema();
  whole["$schema"] = "http://json-schema.org/draft-07/schema#";
  whole["title"] = "A part of a vendor's simulated cloud";
  return whole;
}

}  // namespace candor::cloud
