// SPDX-License-Identifier: Apache-2.0
#include "cloud/pattern.h"

#include <gtest/gtest.h>

namespace candor::cloud {
namespace {

TEST(Pattern, MatchesTheWholeTextAndNothingLess) {
  Values values;
  EXPECT_TRUE(Pattern("/a/b").match("/a/b", values));
  EXPECT_FALSE(Pattern("/a").match("/a/b", values));
  EXPECT_FALSE(Pattern("a.c").match("abc", values));
  EXPECT_TRUE(Pattern("").match("", values));
}

TEST(Pattern, StopsAStarAtTheSeparatorAndTwoNowhere) {
  Values values;
  EXPECT_TRUE(Pattern("/files/*/meta", '/').match("/files/x/meta", values));
  EXPECT_FALSE(Pattern("/files/*", '/').match("/files/x/meta", values));
  EXPECT_TRUE(Pattern("/files/**", '/').match("/files/x/meta", values));
  EXPECT_TRUE(Pattern("*.vendor.example", '.', true).match("Up.Vendor.example", values));
  EXPECT_FALSE(Pattern("*.vendor.example", '.', true).match("a.b.vendor.example", values));
}

TEST(Pattern, TakesValuesFromBinaryTextsToo) {
  Values values;
  EXPECT_TRUE(Pattern("**\xff{hash}\n**")
                  .match(std::string("\0\xff"
                                     "abc\n\0",
                                     7),
                         values));
  EXPECT_EQ(values["hash"], "abc");
}

TEST(Pattern, ReadsBracesAroundNoNameAsThemselves) {
  Values values;
  EXPECT_TRUE(Pattern(R"({"sha256":"{hash}"})").match(R"({"sha256":"0f"})", values));
  EXPECT_EQ(values["hash"], "0f");
  EXPECT_EQ(Template(R"({"a":{b}} {c} {unknown})").fill({{"b", "1"}, {"c", "{b}"}}), R"({"a":1} {b} )");
}

TEST(Pattern, LeavesBracesBehindADollarSignAlone) {
  EXPECT_EQ(Template("up/{a}/${a}").fill({{"a", "1"}}), "up/1/${a}");
  Values values;
  EXPECT_TRUE(Pattern("${a}").match("${a}", values));
}

TEST(Pattern, ComparesAValueItHasWithWhatStandsThere) {
  Values values = {{"id", "42"}};
  EXPECT_TRUE(Pattern("machine {=id}").match("machine 42", values));
  EXPECT_FALSE(Pattern("machine {=id}").match("machine 43", values));
  EXPECT_FALSE(Pattern("machine {=nobody}").match("machine ", values));
}

TEST(Pattern, TakesNothingIfItDoesNotMatch) {
  Values values;
  EXPECT_FALSE(Pattern("{a}-{b}-c").match("1-2-d", values));
  EXPECT_TRUE(values.empty());
}

TEST(Pattern, WantsANameThatStandsTwiceToBeTheSameTwice) {
  Values values;
  const Pattern twice("{a}/{a}", '/');
  EXPECT_FALSE(twice.match("1/2", values));
  EXPECT_TRUE(twice.match("1/1", values));
}

TEST(Pattern, StaysLinearInWhatAGuestSends) {
  Values values;
  const std::string many(1U << 20, 'a');
  EXPECT_FALSE(Pattern("**a**a**a**a**a**a**a**a**b").match(many, values));
}

}  // namespace
}  // namespace candor::cloud
