// SPDX-License-Identifier: Apache-2.0
//
// The building blocks of languages written in YAML: scenarios, a vendor's cloud. A Kind is one sort of value:
// how it is read and what the JSON Schema says of it, side by side so that they cannot part. A Field is a key
// with its Kind and where the value goes; a list of Fields is a map. Mistakes go to yaml::Diagnostics, all of
// them; nothing here throws for what a file says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"

namespace candor::grammar {

template <typename Value>
struct Kind {
  std::function<Json()> schema;
  /// Nothing, with the mistake reported, if the node is no such value.
  std::function<std::optional<Value>(const yaml::Node&, yaml::Diagnostics&)> read;
};

template <typename Target>
struct Field {
  std::string key;
  bool required = false;
  std::string about;
  std::function<Json()> schema;
  std::function<void(const yaml::Node&, yaml::Diagnostics&, Target&)> read;
};

inline constexpr bool kRequired = true;
inline constexpr bool kOptional = false;

/// A Field whose value `set` (a member, or a function of target and value) puts into the target.
template <typename Target, typename Value, typename Set>
Field<Target> field(std::string key, bool required, std::string about, Kind<Value> kind, Set set) {
  auto schema = [make = std::move(kind.schema), about] {
    Json described = make();
    described["description"] = about;
    return described;
  };
  auto read = [read_value = std::move(kind.read), set](const yaml::Node& node, yaml::Diagnostics& diagnostics,
                                                       Target& target) {
    std::optional<Value> value = read_value(node, diagnostics);
    if (!value) return;
    if constexpr (std::is_member_pointer_v<Set>) {
      target.*set = std::move(*value);
    } else {
      set(target, std::move(*value));
    }
  };
  return {std::move(key), required, std::move(about), std::move(schema), std::move(read)};
}

/// "The folder." as a part of a sentence: "the folder".
[[nodiscard]] std::string phrase(std::string about);

template <typename Target>
void read_fields(yaml::MapReader& reader, const std::vector<Field<Target>>& fields, Target& target) {
  for (const Field<Target>& each : fields) {
    const yaml::Node* node =
        each.required ? reader.required(each.key, phrase(each.about)) : reader.optional(each.key);
    if (node != nullptr) each.read(*node, reader.diagnostics(), target);
  }
}

template <typename Target>
Json map_schema(const std::vector<Field<Target>>& fields) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const Field<Target>& each : fields) {
    schema["properties"][each.key] = each.schema();
    if (each.required) schema["required"].push_back(each.key);
  }
  return schema;
}

/// A map with these fields; `what` names it in messages.
template <typename Target>
Kind<Target> map_of(std::string what, std::vector<Field<Target>> fields) {
  auto schema = [fields] { return map_schema(fields); };
  auto read = [what = std::move(what), fields = std::move(fields)](const yaml::Node& node,
                                                                   yaml::Diagnostics& diagnostics) {
    Target target;
    yaml::MapReader reader(node, diagnostics, what);
    read_fields(reader, fields, target);
    reader.finish();
    return std::optional<Target>(std::move(target));
  };
  return {std::move(schema), std::move(read)};
}

/// Text that matches `pattern` as a whole: ECMAScript, so that the schema can say the same.
[[nodiscard]] Kind<std::string> word(std::string pattern, std::string expected, std::size_t longest = 255);
/// Any text of one line or more.
[[nodiscard]] Kind<std::string> text();
/// One of a few words; a misspelt one is told the nearest.
[[nodiscard]] Kind<std::string> choice(std::vector<std::string> words);
[[nodiscard]] Kind<std::int64_t> integer(std::int64_t low, std::int64_t high);
[[nodiscard]] Kind<bool> boolean();
/// More than nothing and at most 30 days, in nanoseconds.
[[nodiscard]] Kind<std::int64_t> duration();
/// Reports a value that does not fit.
void refuse(const yaml::Node& node, yaml::Diagnostics& diagnostics, std::string_view expected);
/// Text without NUL, neither empty nor endless; nothing, with the mistake reported, if it is not that.
[[nodiscard]] std::optional<std::string> read_text(const yaml::Node& node, yaml::Diagnostics& diagnostics,
                                                   std::string_view expected);

/// A list of such values.
template <typename Value>
Kind<std::vector<Value>> list_of(std::string what, Kind<Value> kind) {
  auto schema = [make = kind.schema] { return Json{{"type", "array"}, {"items", make()}}; };
  auto read = [what = std::move(what), one = std::move(kind.read)](
                  const yaml::Node& node,
                  yaml::Diagnostics& diagnostics) -> std::optional<std::vector<Value>> {
    if (node.kind != yaml::Kind::sequence) {
      diagnostics.error(node.mark, "this is no list", "expected " + what);
      return std::nullopt;
    }
    std::vector<Value> values;
    for (const yaml::Node& item : node.items) {
      if (std::optional<Value> value = one(item, diagnostics)) values.push_back(std::move(*value));
    }
    return values;
  };
  return {std::move(schema), std::move(read)};
}

/// A map whose keys the file chooses, each of which must match `pattern` (ECMAScript); in the file's order.
template <typename Value>
Kind<std::vector<std::pair<std::string, Value>>> named(std::string what, std::string pattern,
                                                       Kind<Value> kind) {
  using Pairs = std::vector<std::pair<std::string, Value>>;
  const Kind<std::string> key_kind = word(pattern, what, 255);
  auto schema = [pattern, make = kind.schema] {
    return Json{
        {"type", "object"}, {"patternProperties", {{pattern, make()}}}, {"additionalProperties", false}};
  };
  auto read = [=, one = std::move(kind.read)](const yaml::Node& node,
                                              yaml::Diagnostics& diagnostics) -> std::optional<Pairs> {
    if (node.kind != yaml::Kind::map) {
      diagnostics.error(node.mark, "this is no map", "expected a map from " + what);
      return std::nullopt;
    }
    Pairs pairs;
    for (const yaml::Entry& entry : node.entries) {
      const yaml::Node key{
          .kind = yaml::Kind::scalar, .mark = entry.key_mark, .scalar = entry.key, .quoted = true};
      std::optional<std::string> name = key_kind.read(key, diagnostics);
      std::optional<Value> value = one(entry.value, diagnostics);
      if (name && value) pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
  };
  return {std::move(schema), std::move(read)};
}

}  // namespace candor::grammar
