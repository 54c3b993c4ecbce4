// SPDX-License-Identifier: Apache-2.0
#include "document/identity.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace candor::document {
namespace {

std::vector<std::string> values(const std::vector<model::Identity>& identities) {
  std::vector<std::string> list;
  for (const model::Identity& identity : identities) list.push_back(identity.value);
  return list;
}

TEST(Identities, AreOneOfEachKindInTheFormsThatSystemsTake) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::vector<model::Identity> made = identities(Seed(seed));
    ASSERT_EQ(made.size(), 3U);
    EXPECT_EQ(made[0].kind, kUser);
    EXPECT_TRUE(std::regex_match(made[0].value, std::regex("[a-z]{6}\\.[a-z]{9}"))) << made[0].value;
    EXPECT_EQ(made[1].kind, kHost);
    EXPECT_TRUE(std::regex_match(made[1].value, std::regex("[a-z]{7}-[a-z]{2}-[0-9]{4}"))) << made[1].value;
    EXPECT_EQ(made[2].kind, kMachineId);
    EXPECT_TRUE(std::regex_match(made[2].value, std::regex("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")))
        << made[2].value;
  }
}

TEST(Identities, AreTheSameForTheSameSeed) {
  EXPECT_EQ(values(identities(Seed(7))), values(identities(Seed(7))));
  EXPECT_EQ(values(identities(Seed(7), true)), values(identities(Seed(7), true)));
}

TEST(Identities, OfOtherSeedsAndOfTwinsAreAllDifferentAndAsLong) {
  std::set<std::string> seen;
  const std::vector<std::string> first = values(identities(Seed(0)));
  for (std::uint64_t seed = 0; seed < 500; ++seed)
    for (const bool twin : {false, true}) {
      const std::vector<std::string> made = values(identities(Seed(seed), twin));
      for (std::size_t i = 0; i < made.size(); ++i) {
        EXPECT_TRUE(seen.insert(made[i]).second) << made[i] << " is there twice";
        EXPECT_EQ(made[i].size(), first[i].size());
      }
    }
}

TEST(Identities, AreFoundInAManifestByKind) {
  const model::Manifest manifest{.identities = identities(Seed(3))};
  EXPECT_EQ(identity_of(manifest, kHost), manifest.identities[1].value);
  EXPECT_EQ(identity_of({}, kHost), "");
}

}  // namespace
}  // namespace candor::document
