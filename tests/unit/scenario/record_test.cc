// SPDX-License-Identifier: Apache-2.0
#include "scenario/record.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "scenario/scenario.h"

namespace candor::scenario {
namespace {

const std::filesystem::path kScenarios = std::filesystem::path(CANDOR_SOURCE_DIR) / "scenarios";

TEST(ScenarioRecord, GivesBackTheScenarioItWasMadeOf) {
  for (const char* name : {"classified-documents.yaml", "life-cycle.yaml"}) {
    const model::Scenario scenario = read_scenario(kScenarios / name);
    const model::Scenario again = scenario_from_json(parse_json(dump_json(to_json(scenario))));
    EXPECT_EQ(dump_json(to_json(again)), dump_json(to_json(scenario)));
    EXPECT_EQ(again.name, scenario.name);
    EXPECT_EQ(again.documents.size(), scenario.documents.size());
    ASSERT_EQ(again.steps.size(), scenario.steps.size());
    for (std::size_t i = 0; i < again.steps.size(); ++i) {
      EXPECT_EQ(again.steps[i].verb, scenario.steps[i].verb);
      EXPECT_EQ(again.steps[i].command, scenario.steps[i].command);
      EXPECT_EQ(again.steps[i].duration_ns, scenario.steps[i].duration_ns);
      EXPECT_EQ(again.steps[i].link, scenario.steps[i].link);
      EXPECT_EQ(again.steps[i].may_fail, scenario.steps[i].may_fail);
      EXPECT_EQ(again.steps[i].text, scenario.steps[i].text);
    }
    EXPECT_EQ(again.expect.verdict, scenario.expect.verdict);
    EXPECT_EQ(again.expect_product.at("clamav-sender").verdict, model::Outcome::leak);
    EXPECT_EQ(again.settle_limit_ns, scenario.settle_limit_ns);
  }
}

TEST(ScenarioRecord, KeepsTheRealHostsAsNamed) {
  const model::Scenario scenario = read_scenario_text(
      "documents: {memo: {format: txt, to: /tmp}}\nsteps: [{plant: memo}]\n"
      "passthrough: [Cloud.Example, cloud.example.org:8443, '[2001:db8::9]:443', 203.0.113.9]\n",
      "open.yaml");
  const std::vector<NamedHost> hosts = {
      {"cloud.example", 0}, {"cloud.example.org", 8443}, {"2001:db8::9", 443}, {"203.0.113.9", 0}};
  EXPECT_EQ(scenario.passthrough, hosts);
  EXPECT_EQ(scenario_from_json(to_json(scenario)).passthrough, hosts);
  EXPECT_TRUE(read_scenario(kScenarios / "life-cycle.yaml").passthrough.empty()) << "off unless it is said";
}

TEST(ScenarioRecord, HasNoMemberItCanDoWithout) {
  const Json whole = to_json(read_scenario(kScenarios / "life-cycle.yaml"));
  const auto refused = [](const Json& json) {
    try {
      (void)scenario_from_json(json);
    } catch (const Error& error) {
      return std::string(error.what()).starts_with("reading the recorded scenario: ");
    }
    return false;
  };
  for (const Json::json_pointer& part :
       {Json::json_pointer(""), "/steps/0"_json_pointer, "/documents/0"_json_pointer}) {
    for (const auto& [key, value] : whole[part].items()) {
      Json without = whole;
      without[part].erase(key);
      EXPECT_TRUE(refused(without)) << part << " without " << key;
      Json mistyped = whole;
      mistyped[part][key] = nullptr;
      EXPECT_TRUE(refused(mistyped)) << part << " with null as " << key;
    }
  }
  Json unknown = whole;
  unknown["steps"][0]["verb"] = "explode";
  EXPECT_TRUE(refused(unknown));
  unknown = whole;
  unknown["expect"]["opaque_bytes"] = -1;
  EXPECT_TRUE(refused(unknown));
}

}  // namespace
}  // namespace candor::scenario
