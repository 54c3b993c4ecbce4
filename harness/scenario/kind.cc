// SPDX-License-Identifier: Apache-2.0
#include "scenario/kind.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/yaml_json.h"

namespace candor::scenario {

namespace {

constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kMostArguments = 256;
constexpr std::size_t kMostHosts = 64;
constexpr long long kFastestRate = 1'000'000'000'000;  // bits a second
constexpr const char* kCommandExpected = "a shell line, or a list of a program and its arguments";
constexpr const char* kDocumentsExpected = "a document's name, or a list of them";

std::optional<std::vector<std::string>> read_command(const yaml::Node& node, yaml::Diagnostics& diagnostics) {
  if (node.kind != yaml::Kind::sequence) {
    const std::optional<std::string> line = grammar::read_text(node, diagnostics, kCommandExpected);
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
                       : grammar::read_text(item, diagnostics, "text; in a list nothing is '' in quotes");
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

/// One real host; nothing, with the mistake reported, if it is none or named before.
std::optional<NamedHost> read_real_host(const yaml::Node& node, const std::vector<NamedHost>& before,
                                        yaml::Diagnostics& diagnostics) {
  const std::optional<std::string> text = grammar::read_text(node, diagnostics, kNamedHostForm);
  if (!text) return std::nullopt;
  try {
    NamedHost host = parse_named_host(*text);
    if (!names_host(before, host.host, host.port)) return host;
    diagnostics.error(node.mark, fmt::format("'{}' is named already", host.text()),
                      "expected each host once");
  } catch (const Error& error) {
    diagnostics.error(node.mark, error.what(), std::string("expected ") + kNamedHostForm);
  }
  return std::nullopt;
}

std::optional<std::vector<NamedHost>> read_real_hosts(const yaml::Node& node,
                                                      yaml::Diagnostics& diagnostics) {
  const bool list = node.kind == yaml::Kind::sequence;
  if (!list || node.items.empty() || node.items.size() > kMostHosts) {
    diagnostics.error(
        node.mark,
        !list                ? "this is no list"
        : node.items.empty() ? "the list is empty"
                             : "the list is too long",
        fmt::format("expected a list of at most {} hosts, such as [cloud.example:443]", kMostHosts));
    return std::nullopt;
  }
  std::vector<NamedHost> hosts;
  for (const yaml::Node& item : node.items)
    if (auto host = read_real_host(item, hosts, diagnostics)) hosts.push_back(std::move(*host));
  return hosts;
}

}  // namespace

Kind<std::int64_t> share() {
  const Kind<std::string> shape =
      word(R"(^(100|[0-9]{1,2}(\.[0-9]{1,4})?)%$)", "a share of at most 100%, such as 5% or 0.25%", 10);
  auto read = [shape](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<std::int64_t> {
    const std::optional<std::string> text = shape.read(node, diagnostics);
    if (!text) return std::nullopt;
    const std::size_t dot = std::min(text->find('.'), text->size() - 1);
    std::string decimals = text->substr(dot + 1, text->size() - 1 - std::min(dot + 1, text->size() - 1));
    decimals.resize(4, '0');
    return std::stoll(text->substr(0, dot)) * 10'000 + std::stoll(decimals);
  };
  return {shape.schema, std::move(read)};
}

Kind<std::int64_t> rate() {
  const Kind<std::string> shape =
      word(R"(^[1-9][0-9]{0,8} *(bit|kbit|Mbit|Gbit)$)", "a rate such as 128kbit, 10Mbit or 1Gbit", 20);
  auto read = [shape](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<std::int64_t> {
    const std::optional<std::string> text = shape.read(node, diagnostics);
    if (!text) return std::nullopt;
    const char unit = (*text)[text->find_first_not_of("0123456789 ")];
    const std::int64_t factor = unit == 'k'   ? 1'000
                                : unit == 'M' ? 1'000'000
                                : unit == 'G' ? 1'000'000'000
                                              : 1;
    return std::min(std::stoll(*text) * factor, kFastestRate);
  };
  return {shape.schema, std::move(read)};
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

Kind<std::string> stick_name() {
  constexpr std::size_t kFatLabel = 11;
  return word("^[a-z][a-z0-9]*$", "a stick's name: at most 11 small letters and digits, such as backup",
              kFatLabel);
}

Kind<std::vector<NamedHost>> real_hosts() {
  auto schema = [] {
    const char* pattern = R"(^[0-9A-Za-z_:[][0-9A-Za-z_.:[\]-]*$)";
    const Json host = {{"type", "string"}, {"pattern", pattern}, {"maxLength", 261}};
    return Json{
        {"type", "array"}, {"items", host}, {"minItems", 1}, {"maxItems", kMostHosts}, {"uniqueItems", true}};
  };
  return {std::move(schema), read_real_hosts};
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

Kind<std::vector<std::pair<std::string, std::string>>> cloud_values() {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Kind<Pairs> kind = grammar::named("a value's name", "^[a-z][a-z0-9-]*$", text());
  auto schema = [make = kind.schema] {
    Json described = make();
    described["minProperties"] = 1;
    return described;
  };
  auto read = [inner = kind.read](const yaml::Node& node,
                                  yaml::Diagnostics& diagnostics) -> std::optional<Pairs> {
    std::optional<Pairs> pairs = inner(node, diagnostics);
    if (!pairs || !node.entries.empty()) return pairs;
    diagnostics.error(node.mark, "the map is empty", "expected NAME: VALUE");
    return std::nullopt;
  };
  return {std::move(schema), std::move(read)};
}

Kind<Json> any_map() {
  auto read = [](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<Json> {
    if (node.kind == yaml::Kind::map && !node.entries.empty()) return yaml::to_json(node);
    diagnostics.error(node.mark, "this is no map", "expected KEY: VALUE");
    return std::nullopt;
  };
  return {[] { return Json{{"type", "object"}, {"minProperties", 1}}; }, std::move(read)};
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
