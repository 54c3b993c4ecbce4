// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "document/generate.h"
#include "run/steps.h"
#include "scenario/scenario.h"

namespace candor::run {
namespace {

TEST(Vocabulary, ScenariosAndDocumentsKnowTheSameFormatsMarkingsAndCharsets) {
  const auto as_strings = [](const auto& list) {
    std::vector<std::string> strings;
    for (const auto& item : list) strings.emplace_back(item);
    return strings;
  };
  EXPECT_EQ(as_strings(document::formats()), as_strings(scenario::formats()));
  EXPECT_EQ(as_strings(document::markings()), as_strings(scenario::markings()));
  EXPECT_EQ(as_strings(document::charsets()), as_strings(scenario::charsets()));
}

TEST(Controls, ThereIsOneForEachControlStepAndTwoOfTheRunners) {
  model::Scenario scenario;
  EXPECT_EQ(StepRunner::controls_needed(scenario), 2);
  scenario.steps.push_back({.verb = model::Verb::control});
  EXPECT_EQ(StepRunner::controls_needed(scenario), 3);
}

}  // namespace
}  // namespace candor::run
