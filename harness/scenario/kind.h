// SPDX-License-Identifier: Apache-2.0
//
// The building blocks of the scenario language. A Kind is one sort of value: how it is read and what the JSON
// Schema says of it, side by side so that they cannot part. A Field is a key with its Kind and where the
// value goes; a list of Fields is a map.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"

namespace candor::scenario {

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

/// A text and where it stands.
struct Placed {
  std::string text;
  yaml::Mark mark;
};

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
/// An absolute path in the guest, of any system, without "..".
[[nodiscard]] Kind<std::string> guest_path();
/// The same, of an archive to make.
[[nodiscard]] Kind<std::string> archive_path();
/// A host name or an address.
[[nodiscard]] Kind<std::string> host();
/// A shell line, or a program and its arguments.
[[nodiscard]] Kind<std::vector<std::string>> command();
/// One document's name or a list of them.
[[nodiscard]] Kind<std::vector<Placed>> documents();

/// What a document's name looks like.
inline constexpr const char* kDocumentName = "^[a-z][a-z0-9-]*$";
inline constexpr std::size_t kLongestDocumentName = 40;

}  // namespace candor::scenario
