// SPDX-License-Identifier: Apache-2.0
#include "base/grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <regex>

#include "base/bytes.h"

namespace candor::grammar {

namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::int64_t kLongestDuration = 30LL * 24 * 3600 * 1'000'000'000;

bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char byte) { return (byte >= 0 && byte < 0x20) || byte == 0x7f; });
}

}  // namespace

void refuse(const yaml::Node& node, yaml::Diagnostics& diagnostics, std::string_view expected) {
  const std::string shown = node.kind == yaml::Kind::scalar ? printable(node.scalar, 60) : "";
  diagnostics.error(node.mark,
                    node.scalar.empty() ? "the text is empty" : fmt::format("'{}' does not fit here", shown),
                    fmt::format("expected {}", expected));
}

std::optional<std::string> read_text(const yaml::Node& node, yaml::Diagnostics& diagnostics,
                                     std::string_view expected) {
  std::optional<std::string> value = yaml::as_string(node, diagnostics, expected);
  if (!value) return std::nullopt;
  if (!value->empty() && value->size() <= kLongestText && value->find('\0') == std::string::npos)
    return value;
  refuse(node, diagnostics, fmt::format("{}, of at most {} bytes", expected, kLongestText));
  return std::nullopt;
}

std::string phrase(std::string about) {
  if (about.ends_with('.')) about.pop_back();
  if (!about.empty() && about[0] >= 'A' && about[0] <= 'Z')
    about[0] = static_cast<char>(about[0] - 'A' + 'a');
  return about;
}

Kind<std::string> word(std::string pattern, std::string expected, std::size_t longest) {
  auto schema = [=] { return Json{{"type", "string"}, {"pattern", pattern}, {"maxLength", longest}}; };
  // The library's matcher recurses, so `longest` comes first; compiling it waits until it is needed.
  auto compiled = std::make_shared<std::optional<std::regex>>();
  auto read = [=](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<std::string> {
    std::optional<std::string> value = yaml::as_string(node, diagnostics, expected);
    if (!value) return std::nullopt;
    if (!*compiled) *compiled = std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
    if (value->size() <= longest && !has_control(*value) && std::regex_search(*value, **compiled))
      return value;
    refuse(node, diagnostics, expected);
    return std::nullopt;
  };
  return {std::move(schema), std::move(read)};
}

Kind<std::string> text() {
  return {[] {
            return Json{{"type", "string"}, {"minLength", 1}, {"maxLength", kLongestText}};
          },
          [](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
            return read_text(node, diagnostics, "text");
          }};
}

Kind<std::string> choice(std::vector<std::string> words) {
  auto schema = [words] { return Json{{"type", "string"}, {"enum", words}}; };
  std::string expected = "one of: ";
  for (const std::string& each : words) expected += (&each == &words.front() ? "" : ", ") + each;
  auto read = [=](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<std::string> {
    std::optional<std::string> value = yaml::as_string(node, diagnostics, expected);
    if (!value || std::find(words.begin(), words.end(), *value) != words.end()) return value;
    const std::optional<std::string> near = yaml::nearest(*value, words);
    refuse(node, diagnostics, expected + (near ? fmt::format("; did you mean '{}'?", *near) : ""));
    return std::nullopt;
  };
  return {std::move(schema), std::move(read)};
}

Kind<std::int64_t> integer(std::int64_t low, std::int64_t high) {
  return {[=] {
            return Json{{"type", "integer"}, {"minimum", low}, {"maximum", high}};
          },
          [=](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
            return yaml::as_integer(node, diagnostics, low, high);
          }};
}

Kind<bool> boolean() {
  return {[] { return Json{{"type", "boolean"}}; }, yaml::as_boolean};
}

Kind<std::int64_t> duration() {
  auto read = [](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<std::int64_t> {
    const std::optional<std::int64_t> ns = yaml::as_duration_ns(node, diagnostics);
    if (!ns || (*ns > 0 && *ns <= kLongestDuration)) return ns;
    refuse(node, diagnostics, "more than nothing and at most 30d");
    return std::nullopt;
  };
  return {[] { return Json{{"type", "string"}, {"pattern", "^[0-9]+ *(ms|s|min|h|d)$"}}; }, std::move(read)};
}

}  // namespace candor::grammar
