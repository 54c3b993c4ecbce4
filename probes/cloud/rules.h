// SPDX-License-Identifier: Apache-2.0
//
// The simulated cloud of a product's vendor, as its files say (images/FORMAT.md, "cloud"): routes and names,
// the values and sets they share. Plain data, made whole by read_cloud() and constant afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cloud/pattern.h"

namespace candor::cloud {

/// A value and what it must match.
using NamedPattern = std::pair<std::string, Pattern>;
/// A value or set, and the text that goes there.
using NamedText = std::pair<std::string, Template>;

/// All must hold.
struct Conditions {
  std::vector<NamedPattern> state;
  std::vector<NamedText> in;
  std::vector<NamedText> not_in;
  std::vector<std::pair<std::string, std::int64_t>> after;  ///< A rule, and how often it must have answered.
  std::int64_t times = 0;  ///< Answers this rule gives at most; 0: any number.
};

/// What an answer changes.
struct Effects {
  std::vector<NamedText> set;
  std::vector<NamedText> remember;
  std::vector<NamedText> forget;
};

struct Reply {
  int status = 200;
  std::vector<NamedText> headers;
  std::string content_type;  ///< Unless a header says it; "": none.
  Template body;             ///< If there is neither JSON nor file.
  std::optional<Json> json;  ///< Its strings are templates.
  std::string file;          ///< The file's content.
  bool has_file = false;
  std::int64_t delay_ns = 0;
};

struct Route {
  std::string name;  ///< Unique among routes and names of all files.
  std::optional<Pattern> host;
  std::vector<std::string> methods;  ///< Empty: any.
  std::optional<Pattern> path;
  std::vector<NamedPattern> query;
  std::vector<NamedPattern> headers;  ///< By names in lower case.
  std::optional<Pattern> body;
  std::vector<NamedPattern> json;  ///< By JSON pointer (RFC 6901).
  std::vector<NamedPattern> form;
  Conditions when;
  Reply answer;
  Effects then;
  bool wants_digest = false;  ///< Whether {body-sha256} is used.
};

/// An answer to a DNS query.
struct Name {
  std::string name;
  std::optional<Pattern> query;
  std::string type;              ///< "A", "TXT" …
  std::vector<Template> answer;  ///< Each record's data in presentation form; of TXT, its text.
  std::string code = "NOERROR";  ///< Or NXDOMAIN, SERVFAIL, REFUSED.
  std::int64_t ttl = 300;
  Conditions when;
  Effects then;
};

struct Rules {
  std::map<std::string, std::string> state;           ///< With the values they begin with.
  std::map<std::string, std::set<std::string>> sets;  ///< Likewise.
  std::vector<Route> routes;                          ///< The first that fits answers.
  std::vector<Name> names;
  [[nodiscard]] bool empty() const { return routes.empty() && names.empty(); }
};

}  // namespace candor::cloud
