// SPDX-License-Identifier: Apache-2.0
#include "cloud/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace candor::cloud {

namespace {

constexpr std::size_t kLongestName = 40;

bool small(char c) { return c >= 'a' && c <= 'z'; }

/// What stands in braces at the begin of `text`: from '{' to '}'.
struct Braces {
  std::string name;
  bool same = false;     ///< {=name}
  bool through = false;  ///< {name**}
  std::size_t size = 0;
};

std::optional<Braces> braces_at(std::string_view text) {
  const std::size_t end = text.find('}');
  if (text.empty() || text[0] != '{' || end == std::string_view::npos) return std::nullopt;
  Braces braces{.size = end + 1};
  std::string_view inner = text.substr(1, end - 1);
  if (inner.starts_with('=')) {
    braces.same = true;
    inner.remove_prefix(1);
  } else if (inner.ends_with("**")) {
    braces.through = true;
    inner.remove_suffix(2);
  }
  if (!is_name(inner)) return std::nullopt;
  braces.name = inner;
  return braces;
}

/// The same at a place of a text, where "${name}" is a shell's or another server's.
std::optional<Braces> braces_in(std::string_view text, std::size_t at) {
  if (at > 0 && text[at - 1] == '$') return std::nullopt;
  return braces_at(text.substr(at));
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && small(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return small(c) || (c >= '0' && c <= '9') || c == '-'; });
}

struct Pattern::Compiled {
  struct Group {
    std::string name;
    bool same = false;
  };
  std::unique_ptr<re2::RE2> expression;
  std::vector<Group> groups;
};

Pattern::Pattern(std::string_view text, char separator, bool any_case)
    : compiled_(std::make_unique<Compiled>()) {
  const std::string one =
      separator == '\0' ? "." : "[^" + re2::RE2::QuoteMeta(std::string(1, separator)) + "]";
  std::string expression;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("**")) {
      expression += ".*";
      at += 2;
    } else if (text[at] == '*') {
      expression += one + "*";
      ++at;
    } else if (const std::optional<Braces> braces = braces_in(text, at)) {
      expression += braces->same ? "(.*?)" : braces->through ? "(.+?)" : "(" + one + "+?)";
      compiled_->groups.push_back({braces->name, braces->same});
      (braces->same ? needs_ : takes_).push_back(braces->name);
      at += braces->size;
    } else {
      expression += re2::RE2::QuoteMeta(std::string(1, text[at]));
      ++at;
    }
  }
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_dot_nl(true);
  options.set_case_sensitive(!any_case);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  compiled_->expression = std::make_unique<re2::RE2>(expression, options);
}

Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

std::string Pattern::problem() const {
  return compiled_->expression->ok() ? "" : compiled_->expression->error();
}

bool Pattern::match(std::string_view text, Values& values) const {
  const auto& groups = compiled_->groups;
  std::vector<re2::StringPiece> found(groups.size() + 1);
  if (!compiled_->expression->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::ANCHOR_BOTH,
                                    found.data(), static_cast<int>(found.size()))) {
    return false;
  }
  Values taken;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string_view part(found[i + 1].data(), found[i + 1].size());
    const auto earlier = taken.find(groups[i].name);
    const auto known = earlier != taken.end() ? earlier : values.find(groups[i].name);
    const bool has = earlier != taken.end() || known != values.end();
    // A name that is taken twice must be the same both times.
    if (groups[i].same ? !has || known->second != part : has && known->second != part) return false;
    if (!has) taken.emplace(groups[i].name, part);
  }
  values.merge(taken);
  return true;
}

Template::Template(std::string_view text) {
  std::string plain;
  const auto end_plain = [&] {
    if (!plain.empty()) pieces_.push_back({std::exchange(plain, {}), false});
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<Braces> braces = braces_in(text, at);
    if (!braces || braces->same || braces->through) {
      plain += text[at++];
      continue;
    }
    end_plain();
    pieces_.push_back({braces->name, true});
    needs_.push_back(braces->name);
    at += braces->size;
  }
  end_plain();
}

std::string Template::fill(const Values& values) const {
  std::string filled;
  for (const Piece& piece : pieces_) {
    if (!piece.name) {
      filled += piece.text;
    } else if (const auto value = values.find(piece.text); value != values.end()) {
      filled += value->second;
    }
  }
  return filled;
}

}  // namespace candor::cloud
