// SPDX-License-Identifier: Apache-2.0
#include "scenario/kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <regex>

#include "base/bytes.h"

namespace candor::scenario {

namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kMostArguments = 256;
constexpr std::int64_t kLongestDuration = 30LL * 24 * 3600 * 1'000'000'000;
constexpr const char* kCommandExpected = "a shell line, or a list of a program and its arguments";
constexpr const char* kDocumentsExpected = "a document's name, or a list of them";

bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char byte) { return (byte >= 0 && byte < 0x20) || byte == 0x7f; });
}

void report(const yaml::Node& node, yaml::Diagnostics& diagnostics, std::string_view expected) {
  const std::string shown = node.kind == yaml::Kind::scalar ? printable(node.scalar, 60) : "";
  diagnostics.error(node.mark,
                    node.scalar.empty() ? "the text is empty" : fmt::format("'{}' does not fit here", shown),
                    fmt::format("expected {}", expected));
}

/// Text without NUL, neither empty nor endless.
std::optional<std::string> read_text_value(const yaml::Node& node, yaml::Diagnostics& diagnostics,
                                           std::string_view expected) {
  std::optional<std::string> value = yaml::as_string(node, diagnostics, expected);
  if (!value) return std::nullopt;
  if (!value->empty() && value->size() <= kLongestText && value->find('\0') == std::string::npos)
    return value;
  report(node, diagnostics, fmt::format("{}, of at most {} bytes", expected, kLongestText));
  return std::nullopt;
}

std::optional<std::vector<std::string>> read_command(const yaml::Node& node, yaml::Diagnostics& diagnostics) {
  if (node.kind != yaml::Kind::sequence) {
    const std::optional<std::string> line = read_text_value(node, diagnostics, kCommandExpected);
    if (!line) return std::nullopt;
    return std::vector<std::string>{"/bin/sh", "-c", *line};
  }
  if (node.items.empty() || node.items.size() > kMostArguments) {
    diagnostics.error(node.mark, node.items.empty() ? "the list is empty" : "the list is too long",
                      fmt::format("expected a program and at most {} arguments", kMostArguments - 1));
    return std::nullopt;
  }
  std::vector<std::string> argv;
  for (const yaml::Node& item : node.items) {
    const bool empty_argument = item.kind == yaml::Kind::scalar && item.scalar.empty() && !argv.empty();
    std::optional<std::string> argument =
        empty_argument ? std::string()
                       : read_text_value(item, diagnostics, "text; in a list nothing is '' in quotes");
    if (argument) argv.push_back(std::move(*argument));
  }
  return argv.size() == node.items.size() ? std::optional(std::move(argv)) : std::nullopt;
}

std::optional<std::vector<Placed>> read_documents(const yaml::Node& node, yaml::Diagnostics& diagnostics) {
  std::vector<Placed> names;
  if (node.kind != yaml::Kind::sequence) {
    if (const auto name = yaml::as_string(node, diagnostics, kDocumentsExpected))
      names.push_back({*name, node.mark});
    return names.empty() ? std::nullopt : std::optional(std::move(names));
  }
  if (node.items.empty())
    diagnostics.error(node.mark, "the list is empty", fmt::format("expected {}", kDocumentsExpected));
  for (const yaml::Node& item : node.items) {
    const std::optional<std::string> name = yaml::as_string(item, diagnostics, "a document's name");
    if (!name) continue;
    const bool twice =
        std::any_of(names.begin(), names.end(), [&](const Placed& each) { return each.text == *name; });
    if (twice) {
      diagnostics.error(item.mark, fmt::format("'{}' stands twice in the list", printable(*name, 60)),
                        "expected each document once");
      continue;
    }
    names.push_back({*name, item.mark});
  }
  return names.empty() ? std::nullopt : std::optional(std::move(names));
}

}  // namespace

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
    report(node, diagnostics, expected);
    return std::nullopt;
  };
  return {std::move(schema), std::move(read)};
}

Kind<std::string> text() {
  return {[] {
            return Json{{"type", "string"}, {"minLength", 1}, {"maxLength", kLongestText}};
          },
          [](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
            return read_text_value(node, diagnostics, "text");
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
    report(node, diagnostics, expected + (near ? fmt::format("; did you mean '{}'?", *near) : ""));
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
    report(node, diagnostics, "more than nothing and at most 30d");
    return std::nullopt;
  };
  return {[] { return Json{{"type", "string"}, {"pattern", "^[0-9]+ *(ms|s|min|h|d)$"}}; }, std::move(read)};
}

// These are asked for many times over; copies of a word share its compiled pattern.
Kind<std::string> guest_path() {
  static const Kind<std::string> kind = word(R"(^(?!.*[\\/]\.\.([\\/]|$))(/|[A-Za-z]:[\\/]))",
                                             "an absolute path in the guest, without '..'", kLongestPath);
  return kind;
}

Kind<std::string> archive_path() {
  return word(R"(^(?!.*[\\/]\.\.([\\/]|$))(/|[A-Za-z]:[\\/]).*[^\\/]\.(zip|tar\.gz)$)",
              "an absolute path in the guest that ends in .zip or .tar.gz", kLongestPath);
}

Kind<std::string> host() {
  return word(R"(^([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*|)"
              R"([0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$)",
              "a host name or an address, such as upload.example", 253);
}

Kind<std::vector<std::string>> command() {
  auto schema = [] {
    const Json argument = {{"type", Json::array({"string", "number", "boolean"})}};
    const Json line = {{"type", Json::array({"string", "number", "boolean"})}, {"minLength", 1}};
    const Json list = {{"type", "array"}, {"items", argument}, {"minItems", 1}, {"maxItems", kMostArguments}};
    return Json{{"anyOf", Json::array({line, list})}};
  };
  return {std::move(schema), read_command};
}

Kind<std::vector<Placed>> documents() {
  auto schema = [] {
    const Json name = {{"type", "string"}, {"pattern", kDocumentName}, {"maxLength", kLongestDocumentName}};
    const Json list = {{"type", "array"}, {"items", name}, {"minItems", 1}, {"uniqueItems", true}};
    return Json{{"anyOf", Json::array({name, list})}};
  };
  return {std::move(schema), read_documents};
}

}  // namespace candor::scenario
