// SPDX-License-Identifier: Apache-2.0
//
// The table of mistakes: tests/data/scenarios/wrong/NAME.yaml must be refused in exactly the words of
// NAME.txt. The first line of each says whether the JSON Schema refuses it too (see schema_test.cc). With
// CANDOR_UPDATE_EXPECTED=1 the test writes the .txt files anew, for review.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "scenario/scenario.h"

namespace candor::scenario {
namespace {

namespace fs = std::filesystem;

const fs::path kWrong = fs::path(CANDOR_SOURCE_DIR) / "tests/data/scenarios/wrong";

std::vector<std::string> wrong_scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kWrong))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::string mistakes(const std::string& name) {
  try {
    (void)read_scenario_text(read_text(kWrong / (name + ".yaml")), name + ".yaml");
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    return error.what();
  }
  return "";
}

class WrongScenario : public testing::TestWithParam<std::string> {};

TEST_P(WrongScenario, IsRefusedInExactlyTheseWordsAndAtOnce) {
  const Stopwatch watch;
  const std::string said = mistakes(GetParam()) + "\n";
  EXPECT_LT(watch.seconds(), 0.25);  // Of an unoptimised build; the limits stop bombs long before.
  const fs::path expected = kWrong / (GetParam() + ".txt");
  if (std::getenv("CANDOR_UPDATE_EXPECTED") != nullptr) write_file(expected, said);
  EXPECT_EQ(said, read_text(expected));
}

INSTANTIATE_TEST_SUITE_P(Table, WrongScenario, testing::ValuesIn(wrong_scenarios()), [](const auto& each) {
  std::string name = each.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(WrongScenarios, HaveAnExpectationEachAndNoneIsLeftOver) {
  std::size_t yaml = 0;
  std::size_t text = 0;
  for (const auto& entry : fs::directory_iterator(kWrong))
    (entry.path().extension() == ".yaml" ? yaml : text) += 1;
  EXPECT_EQ(yaml, text);
  EXPECT_GE(yaml, 25U);
}

}  // namespace
}  // namespace candor::scenario
