// SPDX-License-Identifier: Apache-2.0
#include "model/document.h"

#include <array>
#include <utility>

#include "base/error.h"

namespace candor::model {

namespace {

constexpr std::array<std::pair<CanaryPlace, const char*>, 9> kPlaces = {{
    {CanaryPlace::body, "body"},
    {CanaryPlace::header, "header"},
    {CanaryPlace::name, "name"},
    {CanaryPlace::property, "property"},
    {CanaryPlace::folder, "folder"},
    {CanaryPlace::attachment, "attachment"},
    {CanaryPlace::comment, "archive comment"},
    {CanaryPlace::attribute, "extended attribute"},
    {CanaryPlace::image, "image"},
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
  if (json.contains("offset")) canary.offset = int_member(json, "offset");
  if (json.contains("member")) canary.member = string_member(json, "member");
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
  if (json.contains("text")) document.text_file = string_member(json, "text");
  if (json.contains("password")) document.password = string_member(json, "password");
  if (json.contains("attributes"))
    for (const auto& item : member(json, "attributes").items())
      document.attributes[item.key()] = string_member(member(json, "attributes"), item.key().c_str());
  for (const Json& canary : member(json, "canaries")) document.canaries.push_back(canary_from(canary));
  return document;
}

Json to_json(const Canary& canary) {
  Json json = {{"token", canary.token}, {"place", text(canary.place)}, {"page", canary.page}};
  if (canary.offset >= 0) json["offset"] = canary.offset;
  if (!canary.member.empty()) json["member"] = canary.member;
  return json;
}

Json to_json(const Document& document) {
  Json canaries = Json::array();
  for (const Canary& canary : document.canaries) canaries.push_back(to_json(canary));
  Json json = {{"id", document.id},           {"spec", document.spec}, {"format", document.format},
               {"marking", document.marking}, {"path", document.path}, {"name", document.name},
               {"file", document.file},       {"size", document.size}, {"sha256", document.sha256},
               {"canaries", canaries}};
  if (!document.text_file.empty()) json["text"] = document.text_file;
  if (!document.password.empty()) json["password"] = document.password;
  if (!document.attributes.empty()) json["attributes"] = document.attributes;
  return json;
}

Identity identity_from(const Json& json) {
  return {.kind = string_member(json, "kind"), .value = string_member(json, "value")};
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
  Json identities = Json::array();
  for (const Identity& identity : manifest.identities)
    identities.push_back({{"kind", identity.kind}, {"value", identity.value}});
  return {{"seed", manifest.seed}, {"documents", documents}, {"identities", identities}};
}

Manifest manifest_from_json(const Json& json) {
  Manifest manifest;
  const Json& seed = member(json, "seed");
  if (!seed.is_number_integer()) throw Error("'seed' is not an integer");
  manifest.seed = seed.get<std::uint64_t>();
  for (const Json& document : member(json, "documents"))
    manifest.documents.push_back(in_context("a document", [&] { return document_from(document); }));
  if (json.contains("identities"))
    for (const Json& identity : member(json, "identities"))
      manifest.identities.push_back(in_context("an identity", [&] { return identity_from(identity); }));
  return manifest;
}

}  // namespace candor::model
