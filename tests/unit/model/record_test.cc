// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/error.h"
#include "model/document.h"
#include "model/scenario.h"
#include "model/verdict_record.h"

namespace candor::model {
namespace {

TEST(Manifest, SurvivesItsJson) {
  Manifest manifest{.seed = 0xffffffffffffffffULL};
  manifest.documents.push_back({.id = "memo-1",
                                .spec = "memo",
                                .format = "docx",
                                .marking = "us/secret",
                                .path = "/home/alex/a.docx",
                                .name = "a.docx",
                                .file = "documents/a.docx",
                                .size = 12,
                                .sha256 = "00",
                                .password = "infected",
                                .attributes = {{"user.origin", "abc"}},
                                .canaries = {{"abcdefghijklmnopqrstuvwxyz", CanaryPlace::header, 2, 7},
                                             {.token = "bcdefghijklmnopqrstuvwxyz2", .member = "a/b.xml"}}});
  const Manifest back = manifest_from_json(parse_json(dump_json(to_json(manifest))));
  EXPECT_EQ(to_json(back), to_json(manifest));
  EXPECT_EQ(back.seed, manifest.seed);
  ASSERT_EQ(back.documents[0].canaries.size(), 2U);
  EXPECT_EQ(back.documents[0].canaries[0].offset, 7);
  EXPECT_EQ(back.documents[0].canaries[1].offset, -1);
  EXPECT_EQ(back.documents[0].canaries[1].member, "a/b.xml");
  EXPECT_EQ(back.documents[0].attributes, manifest.documents[0].attributes);
}

TEST(Manifest, RefusesACanaryTooShortToBeEvidence) {
  Json json = to_json(Manifest{.documents = {{.id = "x", .canaries = {{"abcdefghijklmnopqrstuvwxyz"}}}}});
  json["documents"][0]["canaries"][0]["token"] = "abc";
  EXPECT_THROW(static_cast<void>(manifest_from_json(json)), Error);
}

TEST(Verb, EveryOneHasATextThatLeadsBack) {
  for (const Verb verb : all_verbs()) EXPECT_EQ(verb_from(text(verb)), verb);
  EXPECT_FALSE(verb_from("explode"));
}

TEST(Expectation, AProductsOwnGoesBeforeTheScenariosAndTheDefault) {
  Scenario scenario;
  EXPECT_EQ(expectation_for(scenario, "a").opaque_bytes, kDefaultOpaqueBudget);
  scenario.expect.verdict = Outcome::no_leak_observed;
  scenario.expect_product["a"].verdict = Outcome::leak;
  EXPECT_EQ(expectation_for(scenario, "a").verdict, Outcome::leak);
  EXPECT_EQ(expectation_for(scenario, "b").verdict, Outcome::no_leak_observed);
}

TEST(Outcome, EveryOneHasATextThatLeadsBack) {
  for (const Outcome outcome : {Outcome::leak, Outcome::no_leak_observed, Outcome::inconclusive})
    EXPECT_EQ(outcome_from(text(outcome)), outcome);
}

TEST(Endpoint, WritesIpv6InBrackets) {
  EXPECT_EQ((Endpoint{"fd77::2", 443}).text(), "[fd77::2]:443");
  EXPECT_EQ((Endpoint{"10.77.0.2", 80}).text(), "10.77.0.2:80");
}

}  // namespace
}  // namespace candor::model
