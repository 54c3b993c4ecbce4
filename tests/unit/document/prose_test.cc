// SPDX-License-Identifier: Apache-2.0
#include "document/prose.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_map>

#include "document/marking.h"
#include "reading.h"

namespace candor::document {
namespace {

constexpr std::size_t kWindow = 24;

/// The share of a text's 24-byte runs that also stand in another of the texts, in percent.
double common_percent(const std::vector<std::string>& texts) {
  std::unordered_map<std::string_view, std::size_t> first;
  std::set<std::string_view> common;
  for (std::size_t i = 0; i < texts.size(); ++i)
    for (std::size_t at = 0; at + kWindow <= texts[i].size(); ++at) {
      const std::string_view run = std::string_view(texts[i]).substr(at, kWindow);
      const auto [known, fresh] = first.emplace(run, i);
      if (!fresh && known->second != i) common.insert(run);
    }
  std::size_t shared = 0;
  std::size_t all = 0;
  for (const std::string& text : texts)
    for (std::size_t at = 0; at + kWindow <= text.size(); ++at, ++all)
      shared += common.contains(std::string_view(text).substr(at, kWindow)) ? 1 : 0;
  return 100.0 * static_cast<double>(shared) / static_cast<double>(all);
}

TEST(Prose, IsNearlyAllADocumentsOwn) {
  const std::map<std::string, double> most = {{"us/secret", 4},       {"none", 4},
                                              {"ru/secret", 8},       {"cn/secret", 8},
                                              {"lookalike/novel", 4}, {"lookalike/article", 8}};
  for (const auto& [marking, percent] : most) {
    model::DocumentSpec spec = spec_of("txt", marking);
    spec.count = 20;
    std::vector<std::string> texts;
    for (const Planted& planted : generate({{spec.id, spec}}, Seed(8))) texts.push_back(planted.text);
    const double measured = common_percent(texts);
    std::printf("%s: %.2f %% of the 24-byte runs are not one document's own\n", marking.c_str(), measured);
    EXPECT_LT(measured, percent) << marking;
  }
}

TEST(Grammar, HasARuleForEverySlot) {
  for (const Grammar* grammar : {&english(), &russian(), &chinese()})
    for (const auto& [name, alternatives] : grammar->rules())
      for (const std::string_view alternative : alternatives)
        EXPECT_NO_THROW(static_cast<void>(grammar->filled(alternative, [](std::size_t) { return 0; })))
            << name << ": " << alternative;
}

TEST(Grammar, MakesPluralsAndCapitals) {
  const Rule rules[] = {{"noun", "granary"}, {"two", "{^noun}s {noun}sand"}};
  const Grammar grammar(rules);
  EXPECT_EQ(grammar.filled("{two}", [](std::size_t) { return 0; }), "Granaries granariesand");
  EXPECT_THROW(static_cast<void>(grammar.filled("{three}", [](std::size_t) { return 0; })), Error);
}

TEST(Marking, FillerHasTheSameLengthInTheSameScripts) {
  EXPECT_EQ(unmarked("TOP SECRET"), "sheet-for-");
  EXPECT_EQ(unmarked("Секретно"), "листдлян");
  EXPECT_EQ(unmarked("机密★"), "此存★");
  EXPECT_EQ(unmarked("È,a"), "é,s");
  EXPECT_EQ(unmarked(""), "");
}

}  // namespace
}  // namespace candor::document
