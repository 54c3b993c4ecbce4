// SPDX-License-Identifier: Apache-2.0
#include "kit/probe_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/grammar.h"
#include "kit/schema.h"

namespace candor::kit {

namespace fs = std::filesystem;
using grammar::field;
using grammar::Kind;
using grammar::kOptional;
using grammar::kRequired;
using model::EventKind;
using model::ProbeKind;
using model::ProbePlace;

namespace {

constexpr const char* kEventType = "^[a-z][a-z0-9.-]*/[0-9]{1,4}$";
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kLongestType = 64;
constexpr std::size_t kFileLimit = 1U << 20;

/// A scalar by YAML's core schema; what was quoted is a text.
Json scalar_json(const yaml::Node& node) {
  if (node.quoted) return node.scalar;
  if (node.scalar == "true" || node.scalar == "false") return node.scalar == "true";
  if (node.scalar == "null" || node.scalar == "~") return nullptr;
  const Json number = Json::parse(node.scalar, nullptr, false);
  return number.is_number() ? number : Json(node.scalar);
}

Json json_of(const yaml::Node& node) {
  if (node.kind == yaml::Kind::null) return nullptr;
  if (node.kind == yaml::Kind::scalar) return scalar_json(node);
  if (node.kind == yaml::Kind::sequence) {
    Json list = Json::array();
    for (const yaml::Node& item : node.items) list.push_back(json_of(item));
    return list;
  }
  Json map = Json::object();
  for (const yaml::Entry& entry : node.entries) map[entry.key] = json_of(entry.value);
  return map;
}

/// A map from the members of an event's data to their schemas.
Kind<Json> members() {
  auto schema = [] { return Json{{"type", "object"}, {"additionalProperties", {{"type", "object"}}}}; };
  auto read = [](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<Json> {
    Json properties = Json::object();
    if (node.kind != yaml::Kind::map) {
      diagnostics.error(node.mark, "this is no map", "expected a map from members to schemas");
      return std::nullopt;
    }
    for (const yaml::Entry& entry : node.entries) {
      properties[entry.key] = json_of(entry.value);
      try {
        check_schema(properties[entry.key]);
      } catch (const Error& error) {
        diagnostics.error(entry.value.mark, error.what());
        properties.erase(entry.key);
      }
    }
    return properties;
  };
  return {std::move(schema), std::move(read)};
}

Kind<EventKind> event_kind() {
  return grammar::map_of<EventKind>(
      "an event",
      {field<EventKind>("about", kRequired, "What it says, in a sentence.", grammar::text(),
                        &EventKind::about),
       field<EventKind>(
           "data", kOptional, "The members of its data, each with a JSON Schema.", members(),
           [](EventKind& event, Json properties) { event.schema["properties"] = std::move(properties); }),
       field<EventKind>("required", kOptional, "The members that are always there.",
                        grammar::list_of("a list of members", grammar::text()),
                        [](EventKind& event, const std::vector<std::string>& names) {
                          event.schema["required"] = names;
                        })});
}

Kind<std::vector<std::string>> command() {
  Kind<std::vector<std::string>> kind = grammar::list_of("a program and its arguments", grammar::text());
  kind.read = [read = std::move(kind.read)](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    std::optional<std::vector<std::string>> argv = read(node, diagnostics);
    if (argv && argv->empty())
      diagnostics.error(node.mark, "the list is empty", "expected [PROGRAM, ARGUMENT, …]");
    return argv;
  };
  return kind;
}

void set_events(ProbeKind& probe, std::vector<std::pair<std::string, EventKind>> events) {
  for (auto& [type, event] : events) {
    event.schema["type"] = "object";
    probe.events[type] = std::move(event);
  }
}

void set_place(ProbeKind& probe, const std::string& word) {
  probe.place = word == "in-guest"    ? ProbePlace::in_guest
                : word == "after-run" ? ProbePlace::after_run
                                      : ProbePlace::beside;
}

const Kind<ProbeKind>& probe_kind() {
  static const Kind<ProbeKind> kind = grammar::map_of<ProbeKind>(
      "a probe",
      {field<ProbeKind>("about", kRequired, "What it observes, in a sentence.", grammar::text(),
                        &ProbeKind::about),
       field<ProbeKind>("runs", kOptional,
                        "Where and when it works: beside (the default), in-guest or after-run.",
                        grammar::choice({"beside", "in-guest", "after-run"}), set_place),
       field<ProbeKind>("command", kRequired, "What starts it, in its folder: [PROGRAM, ARGUMENT, …].",
                        command(), &ProbeKind::command),
       field<ProbeKind>("events", kRequired, "What it reports, by type such as door.opened/1.",
                        grammar::named("an event type such as door.opened/1", kEventType, event_kind()),
                        set_events)});
  return kind;
}

std::string names_text(const std::vector<fs::path>& places) {
  std::string text;
  for (const fs::path& place : places) text += (text.empty() ? "" : ", ") + place.string();
  return text;
}

}  // namespace

bool is_probe_name(const std::string& name) {
  static constexpr std::array kOwn{"wire", "internet", "relay", "runner", "sdk", "cloud"};
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kLongestName && lower(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '-'; }) &&
         std::find(kOwn.begin(), kOwn.end(), name) == kOwn.end();
}

ProbeKind probe_from(const std::string& text, const std::string& file, const fs::path& folder) {
  yaml::Diagnostics diagnostics(file, text);
  const std::optional<yaml::Node> root = yaml::parse(text, diagnostics);
  diagnostics.check();
  std::optional<ProbeKind> probe = probe_kind().read(*root, diagnostics);
  for (const auto& [type, event] : probe->events)
    if (type.size() > kLongestType)
      diagnostics.error(root->mark, "the event type '" + type + "' has more than 64 bytes");
  diagnostics.check();
  probe->folder = folder;
  probe->name = folder.filename();
  probe->source = text;
  return std::move(*probe);
}

ProbeKind read_probe(const fs::path& folder) {
  const fs::path whole = fs::weakly_canonical(folder);
  const fs::path file = whole / kProbeFile;
  if (!fs::is_regular_file(file)) throw Error("there is no " + file.string(), Fault::input);
  if (!is_probe_name(whole.filename()))
    throw Error(
        "'" + printable(whole.filename().string(), 60) +
            "' is no name for a probe: a letter, then letters, digits and '-' in lower case, at most 32, "
            "and none of Candor's own",
        Fault::input);
  return probe_from(read_text(file, kFileLimit), file.string(), whole);
}

std::vector<fs::path> probe_folders(const std::vector<fs::path>& places) {
  std::map<std::string, fs::path> found;
  for (const fs::path& place : places) {
    std::error_code problem;
    for (const fs::directory_entry& entry : fs::directory_iterator(place, problem)) {
      const std::string name = entry.path().filename();
      if (is_probe_name(name) && fs::is_regular_file(entry.path() / kProbeFile, problem))
        found.emplace(name, entry.path());
    }
  }
  std::vector<fs::path> folders;
  for (auto& [name, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

ProbeKind find_probe(const std::vector<fs::path>& places, const std::string& name) {
  std::vector<std::string> known;
  for (const fs::path& folder : probe_folders(places)) {
    if (folder.filename() == name) return read_probe(folder);
    known.push_back(folder.filename());
  }
  const std::optional<std::string> near = yaml::nearest(name, known);
  throw Error(fmt::format("there is no probe '{}' in {}{}", printable(name, 60), names_text(places),
                          near ? fmt::format("; did you mean '{}'?", *near) : ""),
              Fault::input);
}

Json probe_file_schema() {
  Json schema = probe_kind().schema();
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  return schema;
}

}  // namespace candor::kit
