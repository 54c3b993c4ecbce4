// SPDX-License-Identifier: Apache-2.0
//
// The JSON Schema against an independent checker, python3-jsonschema: it takes every scenario that ships, and
// of the table of mistakes (wrong_test.cc) exactly those whose first line says "schema: refuses" are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/process.h"
#include "base/yaml.h"
#include "scenario/scenario.h"

namespace candor::scenario {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = CANDOR_SOURCE_DIR;

/// Plain scalars get the types of YAML's core schema, as in an editor.
Json typed(const yaml::Node& node) {
  if (node.quoted) return node.scalar;
  if (node.scalar == "true" || node.scalar == "false") return node.scalar == "true";
  char* end = nullptr;
  const double number = std::strtod(node.scalar.c_str(), &end);
  if (*end != '\0' || std::isdigit(static_cast<unsigned char>(node.scalar.back())) == 0) return node.scalar;
  if (number == static_cast<double>(static_cast<std::int64_t>(number)))
    return static_cast<std::int64_t>(number);
  return number;
}

Json as_json(const yaml::Node& node) {
  Json json;
  switch (node.kind) {
    case yaml::Kind::null:
      break;
    case yaml::Kind::scalar:
      return typed(node);
    case yaml::Kind::sequence:
      json = Json::array();
      for (const yaml::Node& item : node.items) json.push_back(as_json(item));
      break;
    case yaml::Kind::map:
      json = Json::object();
      for (const yaml::Entry& entry : node.entries) json[entry.key] = as_json(entry.value);
      break;
  }
  return json;
}

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// What the checker has against each instance.
Json verdicts(const Json& instances) {
  constexpr const char* kScript = R"(
import json, sys, jsonschema
given = json.load(sys.stdin)
jsonschema.Draft7Validator.check_schema(given["schema"])
checker = jsonschema.Draft7Validator(given["schema"])
json.dump({name: [error.message for error in checker.iter_errors(instance)]
           for name, instance in given["instances"].items()}, sys.stdout)
)";
  const Json given = {{"schema", schema()}, {"instances", instances}};
  return parse_json(must_run({.name = "python3", .argv = {"python3", "-c", kScript}}, dump_json(given)));
}

TEST(ScenarioSchema, TakesEveryScenarioThatShips) {
  Json instances;
  for (const fs::path& file : yaml_files(kSource / "scenarios")) {
    yaml::Diagnostics diagnostics(file, read_text(file));
    instances[file.filename()] = as_json(yaml::parse(read_text(file), diagnostics).value());
  }
  ASSERT_GE(instances.size(), 2U);
  const Json found = verdicts(instances);
  for (const auto& [name, errors] : found.items()) EXPECT_EQ(errors, Json::array()) << name;
}

TEST(ScenarioSchema, RefusesTheMistakesThatAreMattersOfForm) {
  Json instances;
  std::map<std::string, bool> refuses;
  for (const fs::path& file : yaml_files(kSource / "tests/data/scenarios/wrong")) {
    const std::string text = read_text(file);
    yaml::Diagnostics diagnostics(file, text);
    refuses[file.filename()] = text.find("# schema: refuses") < 4;
    if (const auto node = yaml::parse(text, diagnostics)) {
      instances[file.filename()] = as_json(*node);
    } else {
      EXPECT_FALSE(refuses[file.filename()]) << file << " is not even YAML";
    }
  }
  const Json found = verdicts(instances);
  for (const auto& [name, errors] : found.items())
    EXPECT_EQ(!errors.empty(), refuses[name]) << name << " " << errors;
}

TEST(ScenarioSchema, KnowsEveryVerb) {
  const Json steps = schema().at("properties").at("steps").at("items").at("properties");
  EXPECT_EQ(steps.size(), model::kVerbs);
  for (const model::Verb verb : model::all_verbs())
    EXPECT_TRUE(steps.contains(model::text(verb))) << model::text(verb);
}

/// `candor schema > scenarios/schema.json`, or this test with CANDOR_UPDATE_EXPECTED=1, mends it.
TEST(ScenarioSchema, IsTheOneThatLiesBesideTheScenarios) {
  const fs::path file = kSource / "scenarios/schema.json";
  if (std::getenv("CANDOR_UPDATE_EXPECTED") != nullptr) write_file(file, pretty_json(schema()));
  EXPECT_EQ(read_text(file), pretty_json(schema()));
}

TEST(ScenarioSchema, IsNamedRightByEveryScenario) {
  for (const fs::path& file : yaml_files(kSource / "scenarios")) {
    const std::string text = read_text(file);
    const std::string intro = "# yaml-language-server: $schema=";
    ASSERT_TRUE(text.starts_with(intro)) << file;
    const std::string path = text.substr(intro.size(), text.find('\n') - intro.size());
    EXPECT_TRUE(fs::equivalent(file.parent_path() / path, kSource / "scenarios/schema.json")) << file;
  }
}

}  // namespace
}  // namespace candor::scenario
