// SPDX-License-Identifier: Apache-2.0
#include "run/guest_commands.h"

#include <gmock/gmock.h>

#include "document/generate.h"
#include "run/steps.h"
#include "scenario/scenario.h"

namespace candor::run {
namespace {

using testing::ElementsAre;

TEST(Filled, AWholePlaceholderBecomesAsManyArgumentsAsItHasValues) {
  EXPECT_THAT(filled({"zip", "{file}", "{paths}"}, {{"file", {"/a.zip"}}, {"paths", {"/x y", "/z"}}}),
              ElementsAre("zip", "/a.zip", "/x y", "/z"));
}

TEST(Filled, APlaceholderInsideAWordTakesTheFirstValueAndIsNotExpandedAgain) {
  EXPECT_THAT(filled({"--to={path}"}, {{"path", {"/{path}"}}}), ElementsAre("--to=/{path}"));
}

TEST(Filled, LeavesWhatIsNoPlaceholder) {
  EXPECT_THAT(filled({"{other}", "a{b}"}, {{"path", {"/x"}}}), ElementsAre("{other}", "a{b}"));
}

TEST(Vocabulary, ScenariosAndDocumentsKnowTheSameFormatsAndMarkings) {
  const auto as_strings = [](const auto& list) {
    std::vector<std::string> strings;
    for (const auto& item : list) strings.emplace_back(item);
    return strings;
  };
  EXPECT_EQ(as_strings(document::formats()), as_strings(scenario::formats()));
  EXPECT_EQ(as_strings(document::markings()), as_strings(scenario::markings()));
}

TEST(Controls, ThereIsOneForEachControlStepAndTwoOfTheRunners) {
  model::Scenario scenario;
  EXPECT_EQ(StepRunner::controls_needed(scenario), 2);
  scenario.steps.push_back({.verb = model::Verb::control});
  EXPECT_EQ(StepRunner::controls_needed(scenario), 3);
}

}  // namespace
}  // namespace candor::run
