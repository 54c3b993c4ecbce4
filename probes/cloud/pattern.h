// SPDX-License-Identifier: Apache-2.0
//
// What a rule compares a part of a request with, and the texts it answers with. In both, {name} stands for a
// value: a pattern takes it from what it is compared with, a text puts it in. Braces around anything that is
// no name stand for themselves, so that JSON needs no escapes, and "${name}" is somebody else's. Matching is
// RE2's: linear in what a guest sends.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace candor::cloud {

/// Values by name: those a pattern took, those of the state, those of the request.
using Values = std::map<std::string, std::string, std::less<>>;

/// The whole of a text against: plain characters; `*`, any run without the separator; `**`, any run; {name},
/// a run of at least one character without the separator, which is taken; {name**}, the same with it;
/// {=name}, the value `name` has already.
class Pattern {
 public:
  /// `separator` is what `*` and {name} stop at: '/' in paths, '.' in host names, '\0' for none.
  explicit Pattern(std::string_view text, char separator = '\0', bool any_case = false);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// Whether `text` matches; adds to `values` what was taken, and nothing if it does not.
  [[nodiscard]] bool match(std::string_view text, Values& values) const;
  /// Names it takes, and names whose values it needs.
  [[nodiscard]] const std::vector<std::string>& takes() const { return takes_; }
  [[nodiscard]] const std::vector<std::string>& needs() const { return needs_; }
  /// Why it cannot be used ("too large"), or "".
  [[nodiscard]] std::string problem() const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
  std::vector<std::string> takes_;
  std::vector<std::string> needs_;
};

/// A text with {name} in it.
class Template {
 public:
  Template() = default;
  explicit Template(std::string_view text);
  /// Names without a value become nothing; the reader of rules sees to it that there are none.
  [[nodiscard]] std::string fill(const Values& values) const;
  [[nodiscard]] const std::vector<std::string>& needs() const { return needs_; }

 private:
  struct Piece {
    std::string text;
    bool name = false;
  };
  std::vector<Piece> pieces_;
  std::vector<std::string> needs_;
};

/// "[a-z][a-z0-9-]*", what a name looks like.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace candor::cloud
