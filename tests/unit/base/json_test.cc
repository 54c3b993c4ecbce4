// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/hash.h"

namespace candor {
namespace {

using testing::HasSubstr;

std::string problem_of(const std::string& text, JsonLimits limits = {}) {
  try {
    static_cast<void>(parse_json(text, limits));
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(ParseJson, RefusesWhatCouldHideSomething) {
  EXPECT_THAT(problem_of(R"({"a": 1, "a": 2})"), HasSubstr("'a' stands twice"));
  EXPECT_THAT(problem_of(std::string(100, '[')), HasSubstr("nested deeper than 32"));
  EXPECT_THAT(problem_of("[1,"), HasSubstr("at byte 4"));
  EXPECT_THAT(problem_of("[1]  x"), HasSubstr("not valid JSON"));
  EXPECT_THAT(problem_of("[1,2,3]", {.bytes = 3}), HasSubstr("at most 3"));
  EXPECT_THAT(problem_of("\"\xff\""), HasSubstr("not valid JSON"));
}

TEST(ParseJson, TheSameKeyInTwoObjectsIsFine) {
  EXPECT_EQ(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])")[1]["a"]["a"], 2);
}

TEST(DumpJson, ReplacesBytesThatAreNotUtf8) { EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xef\xbf\xbd\""); }

TEST(Member, NamesWhatIsMissingOrMistyped) {
  const Json object = {{"n", 1}};
  EXPECT_EQ(int_member(object, "n"), 1);
  EXPECT_THROW(static_cast<void>(string_member(object, "n")), Error);
  EXPECT_THROW(static_cast<void>(bool_member(object, "x")), Error);
}

TEST(Digest, AgreesWithKnownAnswers) {
  EXPECT_EQ(sha256_hex(as_bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(digest("md5", as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Seed, DerivesTheSameForTheSameLabelOnly) {
  const Seed seed(42);
  EXPECT_EQ(seed.derive("a"), Seed(42).derive("a"));
  EXPECT_NE(seed.derive("a"), seed.derive("b"));
  EXPECT_NE(seed.derive("a"), Seed(43).derive("a"));
  EXPECT_LT(seed.number("n", 10), 10U);
}

}  // namespace
}  // namespace candor
