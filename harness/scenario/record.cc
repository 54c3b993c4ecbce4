// SPDX-License-Identifier: Apache-2.0
#include "scenario/record.h"

#include <fmt/format.h>

#include <limits>

#include "base/error.h"

namespace candor::scenario {

namespace {

Json to_json(const model::DocumentSpec& spec) {
  return {{"id", spec.id},           {"format", spec.format},     {"marking", spec.marking},
          {"charset", spec.charset}, {"password", spec.password}, {"folder", spec.folder},
          {"name", spec.name},       {"count", spec.count},       {"line", spec.line}};
}

Json to_json(const model::LinkCondition& link) {
  return {{"delay_ns", link.delay_ns},
          {"loss_ppm", link.loss_ppm},
          {"rate_bit_s", link.rate_bit_s},
          {"seed", link.seed}};
}

Json to_json(const model::Step& step) {
  return {{"verb", model::text(step.verb)},
          {"line", step.line},
          {"documents", step.documents},
          {"path", step.path},
          {"command", step.command},
          {"host", step.host},
          {"stick", step.stick},
          {"duration_ns", step.duration_ns},
          {"values", step.values},
          {"link", to_json(step.link)},
          {"may_fail", step.may_fail},
          {"text", step.text}};
}

Json to_json(const model::ProbeUse& probe) {
  return {{"name", probe.name},
          {"required", probe.required},
          {"deadline_ns", probe.deadline_ns},
          {"line", probe.line}};
}

Json to_json(const model::Expectation& expect) {
  Json json = {{"findings", expect.findings}};
  if (expect.verdict) json["verdict"] = model::text(*expect.verdict);
  if (expect.opaque_bytes) json["opaque_bytes"] = *expect.opaque_bytes;
  return json;
}

int small_int(const Json& object, const char* key) {
  const std::int64_t value = int_member(object, key);
  if (value < 0 || value > std::numeric_limits<int>::max())
    throw Error(fmt::format("member '{}' is out of range", key));
  return static_cast<int>(value);
}

const Json& list_member(const Json& object, const char* key) {
  const Json& list = member(object, key);
  if (!list.is_array()) throw Error(fmt::format("member '{}' is no list", key));
  return list;
}

const Json& object_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_object()) throw Error(fmt::format("member '{}' is no object", key));
  return value;
}

std::vector<std::string> strings_member(const Json& object, const char* key) {
  std::vector<std::string> strings;
  for (const Json& item : list_member(object, key)) {
    if (!item.is_string()) throw Error(fmt::format("member '{}' holds something that is no string", key));
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

/// Texts by name.
std::map<std::string, std::string> values_member(const Json& object, const char* key) {
  std::map<std::string, std::string> values;
  if (!member(object, key).is_object()) throw Error(fmt::format("member '{}' is no object", key));
  for (const auto& [name, value] : member(object, key).items()) {
    if (!value.is_string()) throw Error(fmt::format("member '{}' holds something that is no string", key));
    values[name] = value.get<std::string>();
  }
  return values;
}

model::DocumentSpec document_from(const Json& json) {
  return {.id = string_member(json, "id"),
          .format = string_member(json, "format"),
          .marking = string_member(json, "marking"),
          .charset = string_member(json, "charset"),
          .password = string_member(json, "password"),
          .folder = string_member(json, "folder"),
          .name = string_member(json, "name"),
          .count = small_int(json, "count"),
          .line = small_int(json, "line")};
}

model::LinkCondition link_from(const Json& json) {
  return {.delay_ns = int_member(json, "delay_ns"),
          .loss_ppm = int_member(json, "loss_ppm"),
          .rate_bit_s = int_member(json, "rate_bit_s"),
          .seed = int_member(json, "seed")};
}

model::Step step_from(const Json& json) {
  const std::string name = string_member(json, "verb");
  const std::optional<model::Verb> verb = model::verb_from(name);
  if (!verb) throw Error(fmt::format("unknown step '{}'", printable(name)));
  return {.verb = *verb,
          .line = small_int(json, "line"),
          .documents = strings_member(json, "documents"),
          .path = string_member(json, "path"),
          .command = strings_member(json, "command"),
          .host = string_member(json, "host"),
          .stick = string_member(json, "stick"),
          .duration_ns = int_member(json, "duration_ns"),
          .values = values_member(json, "values"),
          .link = link_from(object_member(json, "link")),
          .may_fail = bool_member(json, "may_fail"),
          .text = string_member(json, "text")};
}

model::ProbeUse probe_from(const Json& json) {
  return {.name = string_member(json, "name"),
          .required = bool_member(json, "required"),
          .deadline_ns = int_member(json, "deadline_ns"),
          .line = small_int(json, "line")};
}

model::Expectation expectation_from(const Json& json) {
  model::Expectation expect;
  expect.findings = strings_member(json, "findings");
  if (json.contains("verdict")) {
    const std::string name = string_member(json, "verdict");
    expect.verdict = model::outcome_from(name);
    if (!expect.verdict) throw Error(fmt::format("unknown verdict '{}'", printable(name)));
  }
  if (json.contains("opaque_bytes")) {
    const std::int64_t bytes = int_member(json, "opaque_bytes");
    if (bytes < 0) throw Error("member 'opaque_bytes' is negative");
    expect.opaque_bytes = static_cast<std::uint64_t>(bytes);
  }
  return expect;
}

}  // namespace

Json to_json(const model::Scenario& scenario) {
  Json json = {{"name", scenario.name},
               {"file", scenario.file},
               {"about", scenario.about},
               {"documents", Json::array()},
               {"steps", Json::array()},
               {"configure", scenario.configure},
               {"probes", Json::array()},
               {"passthrough", Json::array()},
               {"expect", to_json(scenario.expect)},
               {"expect_product", Json::object()},
               {"settle_quiet_ns", scenario.settle_quiet_ns},
               {"settle_limit_ns", scenario.settle_limit_ns}};
  for (const auto& [name, spec] : scenario.documents) json["documents"].push_back(to_json(spec));
  for (const model::Step& step : scenario.steps) json["steps"].push_back(to_json(step));
  for (const model::ProbeUse& probe : scenario.probes) json["probes"].push_back(to_json(probe));
  for (const NamedHost& host : scenario.passthrough) json["passthrough"].push_back(host.text());
  for (const auto& [product, expect] : scenario.expect_product)
    json["expect_product"][product] = to_json(expect);
  return json;
}

model::Scenario scenario_from_json(const Json& json) {
  return in_context("reading the recorded scenario", [&] {
    model::Scenario scenario;
    scenario.name = string_member(json, "name");
    scenario.file = string_member(json, "file");
    scenario.about = string_member(json, "about");
    for (const Json& item : list_member(json, "documents")) {
      model::DocumentSpec spec = document_from(item);
      scenario.documents[spec.id] = std::move(spec);
    }
    for (const Json& item : list_member(json, "steps")) scenario.steps.push_back(step_from(item));
    scenario.configure = object_member(json, "configure");
    for (const Json& item : list_member(json, "probes")) scenario.probes.push_back(probe_from(item));
    for (const std::string& host : strings_member(json, "passthrough"))
      scenario.passthrough.push_back(parse_named_host(host));
    scenario.expect = expectation_from(object_member(json, "expect"));
    for (const auto& [product, expect] : object_member(json, "expect_product").items())
      scenario.expect_product[product] = expectation_from(expect);
    scenario.settle_quiet_ns = int_member(json, "settle_quiet_ns");
    scenario.settle_limit_ns = int_member(json, "settle_limit_ns");
    return scenario;
  });
}

}  // namespace candor::scenario
