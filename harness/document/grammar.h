// SPDX-License-Identifier: Apache-2.0
//
// Grammars that make up text: a rule has alternatives, and each {name} in one is replaced by an alternative
// of the rule of that name; {^name} begins with a capital, and {noun}s is a noun's plural. Words are many and
// phrases between them short, so that nearly any run of 24 bytes is one document's own.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace candor::document {

struct Rule {
  std::string_view name;
  std::string_view alternatives;  ///< Separated by '|'.
};

class Grammar {
 public:
  explicit Grammar(std::span<const Rule> rules);
  /// `pattern` with its slots filled; `choose(n)` picks one of n. A slot no rule knows is an Error.
  [[nodiscard]] std::string filled(std::string_view pattern,
                                   const std::function<std::size_t(std::size_t)>& choose) const;
  [[nodiscard]] const std::map<std::string_view, std::vector<std::string_view>>& rules() const {
    return rules_;
  }

 private:
  [[nodiscard]] const std::vector<std::string_view>& alternatives(std::string_view name) const;
  std::map<std::string_view, std::vector<std::string_view>> rules_;
};

/// The languages documents are written in; the names of their rules are those Prose asks for.
[[nodiscard]] const Grammar& english();
[[nodiscard]] const Grammar& russian();
[[nodiscard]] const Grammar& chinese();

}  // namespace candor::document
