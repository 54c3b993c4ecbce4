// SPDX-License-Identifier: Apache-2.0
#include "image/placeholder.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "image/adapter.h"

namespace candor::image {

const std::vector<VerbRule>& verb_rules() {
  static const std::vector<VerbRule> rules = {
      {"install", {}, {"file"}, false},
      {"prepare", {}, {}, false},
      {"ready", {}, {}, true},
      {"identify", {"user", "host", "machine"}, {}, true},
      {"trust", {"file"}, {}, true},
      {"version", {}, {}, true},
      {"configure", {"file"}, {}, false},
      {"update", {}, {}, false},
      {"enable", {}, {}, false},
      {"disable", {}, {}, false},
      {"scan", {"path"}, {}, false},
      {"open", {"path"}, {"user"}, false},
      {"archive", {"file", "paths"}, {"user"}, false},
      {"control", {"file", "url"}, {"host"}, true},
      {"account", {}, {}, false},
  };
  return rules;
}

std::vector<Piece> pieces(std::string_view argument) {
  std::vector<Piece> result;
  std::string plain;
  for (std::size_t i = 0; i < argument.size();) {
    const std::size_t end = argument[i] == '{' && (i == 0 || argument[i - 1] != '$')
                                ? argument.find_first_not_of("abcdefghijklmnopqrstuvwxyz", i + 1)
                                : std::string_view::npos;
    if (end == std::string_view::npos || argument[end] != '}' || end == i + 1) {
      plain += argument[i++];
      continue;
    }
    if (!plain.empty()) result.push_back({std::move(plain), false});
    plain.clear();
    result.push_back({std::string(argument.substr(i + 1, end - i - 1)), true});
    i = end + 1;
  }
  if (!plain.empty() || result.empty()) result.push_back({std::move(plain), false});
  return result;
}

std::vector<std::string> fill_in(const std::vector<std::string>& argv, const Values& values) {
  const auto value_of = [&](const std::string& name) -> const std::vector<std::string>& {
    const auto found = values.find(name);
    if (found == values.end()) throw Error("the command refers to {" + name + "}, which has no value here");
    return found->second;
  };
  std::vector<std::string> result;
  for (const std::string& argument : argv) {
    const std::vector<Piece> parts = pieces(argument);
    if (parts.size() == 1 && parts[0].placeholder) {
      const std::vector<std::string>& all = value_of(parts[0].text);
      result.insert(result.end(), all.begin(), all.end());
      continue;
    }
    std::string text;
    for (const Piece& piece : parts) {
      if (!piece.placeholder) {
        text += piece.text;
        continue;
      }
      const std::vector<std::string>& all = value_of(piece.text);
      if (all.size() != 1)
        throw Error("{" + piece.text + "} has several values and must be an argument of its own");
      text += all.front();
    }
    result.push_back(std::move(text));
  }
  return result;
}

}  // namespace candor::image
