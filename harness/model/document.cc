// SPDX-License-Identifier: Apache-2.0
#include "model/document.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace candor::model {

namespace {

constexpr std::array<std::pair<CanaryPlace, const char*>, 4> kPlaces = {{
    {CanaryPlace::body, "body"},
    {CanaryPlace::header, "header"},
    {CanaryPlace::name, "name"},
    {CanaryPlace::property, "property"},
}};

CanaryPlace place_from(const std::string& word) {
  for (const auto& [place, name] : kPlaces)
    if (word == name) return place;
  throw Error("'" + printable(word) + "' is no place of a canary");
}

Canary canary_from(const Json& json) {
  Canary canary{.token = string_member(json, "token"),
                .place = place_from(string_member(json, "place")),
                .page = static_cast<int>(int_member(json, "page"))};
  if (canary.token.size() < 16) throw Error("the canary '" + printable(canary.token) + "' is too short");
  return canary;
}

Document document_from(const Json& json) {
  Document document{.id = string_member(json, "id"),
                    .spec = string_member(json, "spec"),
                    .format = string_member(json, "format"),
                    .marking = string_member(json, "marking"),
                    .path = string_member(json, "path"),
                    .name = string_member(json, "name"),
                    .file = string_member(json, "file"),
                    .size = static_cast<std::uint64_t>(int_member(json, "size")),
                    .sha256 = string_member(json, "sha256")};
  for (const Json& canary : member(json, "canaries")) document.canaries.push_back(canary_from(canary));
  return document;
}

Json to_json(const Document& document) {
  Json canaries = Json::array();
  for (const Canary& canary : document.canaries)
    canaries.push_back({{"token", canary.token}, {"place", text(canary.place)}, {"page", canary.page}});
  return {{"id", document.id},         {"spec", document.spec}, {"format", document.format},
          {"marking", document.marking}, {"path", document.path}, {"name", document.name},
          {"file", document.file},     {"size", document.size}, {"sha256", document.sha256},
          {"canaries", canaries}};
}

}  // namespace

const char* text(CanaryPlace place) {
  for (const auto& [known, name] : kPlaces)
    if (place == known) return name;
  return "body";
}

Json to_json(const Manifest& manifest) {
  Json documents = Json::array();
  for (const Document& document : manifest.documents) documents.push_back(to_json(document));
  return {{"seed", manifest.seed}, {"documents", documents}};
}

Manifest manifest_from_json(const Json& json) {
  Manifest manifest;
  const Json& seed = member(json, "seed");
  if (!seed.is_number_integer()) throw Error("'seed' is not an integer");
  manifest.seed = seed.get<std::uint64_t>();
  for (const Json& document : member(json, "documents"))
    manifest.documents.push_back(in_context("a document", [&] { return document_from(document); }));
  return manifest;
}

}  // namespace candor::model
