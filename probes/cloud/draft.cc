// SPDX-License-Identifier: Apache-2.0
#include "cloud/draft.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"

namespace candor::cloud {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFileLimit = 16U << 20;
constexpr std::array<std::string_view, 4> kCommon = {"number", "token", "time", "date"};
constexpr std::array<std::string_view, 6> kOfRoutes = {"host",  "method",    "path",
                                                       "query", "body-size", "body-sha256"};

template <typename Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

void unknown(const Uses::Use& use, std::string_view what, const std::vector<std::string>& known,
             yaml::Diagnostics& diagnostics) {
  const std::optional<std::string> near = yaml::nearest(use.name, known);
  diagnostics.error(use.mark, fmt::format("there is no {} '{}'", what, printable(use.name, 60)),
                    known.empty()
                        ? fmt::format("expected it to be declared under `{}:`", what == "value" ? "state"
                                                                                : what == "set" ? "sets"
                                                                                                : "routes")
                        : fmt::format("expected one of: {}{}", fmt::join(known, ", "),
                                      near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

/// Every use must be in `known`.
void check(const std::vector<Uses::Use>& uses, std::string_view what, const std::vector<std::string>& known,
           yaml::Diagnostics& diagnostics) {
  for (const Uses::Use& use : uses) {
    if (std::find(known.begin(), known.end(), use.name) == known.end())
      unknown(use, what, known, diagnostics);
  }
}

void check_rule(const Uses& uses, const Declared& declared, bool of_route, yaml::Diagnostics& diagnostics) {
  std::vector<std::string> own(kCommon.begin(), kCommon.end());
  if (of_route) own.insert(own.end(), kOfRoutes.begin(), kOfRoutes.end());
  for (const Uses::Use& use : uses.takes) {
    const bool taken =
        declared.state.contains(use.name) || std::find(own.begin(), own.end(), use.name) != own.end();
    if (!taken) continue;
    diagnostics.error(use.mark, fmt::format("'{}' has a value already", use.name),
                      fmt::format("expected another name, or {{={}}} to compare with that value", use.name));
  }
  for (const Uses::Use& use : uses.takes)
    if (std::find(own.begin(), own.end(), use.name) == own.end()) own.push_back(use.name);
  const std::vector<std::string> state = keys_of(declared.state);
  for (const std::string& name : state)
    if (std::find(own.begin(), own.end(), name) == own.end()) own.push_back(name);
  check(uses.needs, "value", own, diagnostics);
  check(uses.values, "value", state, diagnostics);
  check(uses.sets, "set", keys_of(declared.sets), diagnostics);
  check(uses.rules, "rule", {declared.rules.begin(), declared.rules.end()}, diagnostics);
}

void add_rule(const std::string& name, yaml::Mark mark, Declared& declared, yaml::Diagnostics& diagnostics) {
  if (name.empty() || declared.rules.insert(name).second) return;
  diagnostics.error(mark, fmt::format("there is another rule '{}'", name), "expected a name of its own");
}

}  // namespace

void declare(const Draft& draft, Declared& declared, yaml::Diagnostics& diagnostics) {
  for (const auto& [name, value] : draft.state) {
    if (!declared.state.emplace(name, value.text).second)
      diagnostics.error(value.mark, fmt::format("the value '{}' is declared in another file too", name));
  }
  for (const auto& [name, members] : draft.sets) {
    std::set<std::string>& set = declared.sets[name];
    for (const Placed& member : members) set.insert(member.text);
  }
  for (const DraftRoute& each : draft.routes) add_rule(each.route.name, each.mark, declared, diagnostics);
  for (const DraftName& each : draft.names) add_rule(each.name.name, each.mark, declared, diagnostics);
}

void check_uses(const Draft& draft, const Declared& declared, yaml::Diagnostics& diagnostics) {
  for (const DraftRoute& each : draft.routes) {
    check_rule(each.uses, declared, true, diagnostics);
    if (each.bodies > 1)
      diagnostics.error(each.body_mark, "the answer has two bodies", "expected one of: body, json, file");
  }
  for (const DraftName& each : draft.names) check_rule(each.uses, declared, false, diagnostics);
}

void load_files(Draft& draft, const fs::path& folder, yaml::Diagnostics& diagnostics) {
  for (DraftRoute& each : draft.routes) {
    const Placed& file = each.file;
    if (file.text.empty()) continue;
    std::error_code problem;
    const fs::path path = fs::weakly_canonical(folder / file.text, problem);
    const fs::path inside = path.lexically_relative(fs::weakly_canonical(folder));
    if (problem || fs::path(file.text).is_absolute() || inside.empty() || *inside.begin() == "..") {
      diagnostics.error(file.mark, fmt::format("'{}' does not fit here", printable(file.text, 100)),
                        "expected the relative path of a file in this file's folder");
    } else if (!fs::is_regular_file(path, problem)) {
      diagnostics.error(file.mark, fmt::format("there is no file '{}'", printable(file.text, 100)),
                        "expected a file in this file's folder");
    } else if (fs::file_size(path, problem) > kFileLimit) {
      diagnostics.error(file.mark, fmt::format("'{}' has more than 16 MiB", printable(file.text, 100)));
    } else {
      each.route.answer.file = read_text(path, kFileLimit);
      each.route.answer.has_file = true;
    }
  }
}

}  // namespace candor::cloud
