// SPDX-License-Identifier: Apache-2.0
//
// A cloud file while it is read: the rules and, beside them, where things stand in the file, for the checks
// that need to know more than one place: names that nothing gives a value, sets nobody declared, rules of one
// name.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/grammar.h"
#include "base/yaml.h"
#include "cloud/rules.h"

namespace candor::cloud {

/// A text that stands for a Pattern or Template until its rule is whole, and a place.
struct Placed {
  std::string text;
  yaml::Mark mark;
};

/// What a rule says about names, in the order in which they get their values.
struct Uses {
  struct Use {
    std::string name;
    yaml::Mark mark;
  };
  std::vector<Use> takes;   ///< By patterns.
  std::vector<Use> needs;   ///< By texts and {=name}.
  std::vector<Use> values;  ///< Of the state: `when: state`, `then: set`.
  std::vector<Use> sets;
  std::vector<Use> rules;  ///< `when: after`.
};

struct DraftRoute {
  Route route;
  Uses uses;
  yaml::Mark mark;
  Placed file;     ///< `answer: file`.
  int bodies = 0;  ///< How many of body, json and file the answer has.
  yaml::Mark body_mark;
};

struct DraftName {
  Name name;
  Uses uses;
  yaml::Mark mark;
};

struct Draft {
  std::vector<std::pair<std::string, Placed>> state;
  std::vector<std::pair<std::string, std::vector<Placed>>> sets;
  std::vector<DraftRoute> routes;
  std::vector<DraftName> names;
};

/// What all files together declare.
struct Declared {
  std::map<std::string, std::string> state;
  std::map<std::string, std::set<std::string>> sets;
  std::set<std::string> rules;
};

/// The keys of a cloud file.
[[nodiscard]] const grammar::Kind<Draft>& cloud_file();
/// Reads the files answers name: in `folder`, of at most 16 MiB.
void load_files(Draft& draft, const std::filesystem::path& folder, yaml::Diagnostics& diagnostics);
/// Adds what a file declares; reports what is declared twice.
void declare(const Draft& draft, Declared& declared, yaml::Diagnostics& diagnostics);
/// Reports uses of what nobody declared, and answers that are two things at once.
void check_uses(const Draft& draft, const Declared& declared, yaml::Diagnostics& diagnostics);

}  // namespace candor::cloud
