// SPDX-License-Identifier: Apache-2.0
#include "kit/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/process.h"

namespace candor::kit {
namespace {

struct Row {
  const char* schema;
  std::vector<const char*> fits;
  std::vector<const char*> does_not;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {R"({"type":"integer"})", {"1", "-7", "1.0"}, {"1.5", "\"1\"", "null", "true"}},
      {R"({"type":["string","null"]})", {"\"\"", "null"}, {"0", "[]", "{}"}},
      {R"({"type":"number","minimum":0,"maximum":10})", {"0", "10", "2.5"}, {"-1", "10.5", "\"3\""}},
      {R"({"minimum":3})", {"3", "\"text\"", "null"}, {"2"}},
      {R"({"enum":["a",1,null]})", {"\"a\"", "1", "null"}, {"\"b\"", "0", "false"}},
      {R"({"const":{"a":[1]}})", {R"({"a":[1]})"}, {R"({"a":[2]})", "1"}},
      {R"({"type":"string","minLength":2,"maxLength":3})",
       {"\"ab\"", "\"äöü\""},
       {"\"a\"", "\"abcd\"", "\"ä\""}},
      {R"({"type":"string","pattern":"^[a-z]+$"})", {"\"abc\""}, {"\"\"", "\"aBc\"", "\"a1\""}},
      {R"({"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":2})",
       {"[true]", "[false,true]"},
       {"[]", "[1]", "[true,true,true]"}},
      {R"({"properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a"]})",
       {R"({"a":1})", R"({"a":1,"b":"x","c":null})", "[]"},
       {"{}", R"({"a":"1"})", R"({"a":1,"b":2})"}},
      {R"({"properties":{"a":{}},"additionalProperties":false})", {"{}", R"({"a":[]})"}, {R"({"b":1})"}},
      {R"({"properties":{"a":{"properties":{"b":{"items":{"maximum":1}}}}}})",
       {R"({"a":{"b":[0,1]}})"},
       {R"({"a":{"b":[0,2]}})"}},
  };
  return all;
}

TEST(Schema, TakesWhatFitsAndRefusesWhatDoesNot) {
  for (const Row& row : rows()) {
    const Json schema = Json::parse(row.schema);
    ASSERT_NO_THROW(check_schema(schema)) << row.schema;
    for (const char* value : row.fits)
      EXPECT_TRUE(mismatches(schema, Json::parse(value)).empty()) << row.schema << " " << value;
    for (const char* value : row.does_not)
      EXPECT_FALSE(mismatches(schema, Json::parse(value)).empty()) << row.schema << " " << value;
  }
}

/// python3-jsonschema reads the same rows.
TEST(Schema, AgreesWithAnIndependentChecker) {
  static constexpr const char* kScript = R"(
import json, sys, jsonschema
answers = []
for schema, value in json.load(sys.stdin):
    jsonschema.Draft7Validator.check_schema(schema)
    answers.append(jsonschema.Draft7Validator(schema).is_valid(value))
print(json.dumps(answers)))";
  Json pairs = Json::array();
  std::vector<bool> ours;
  for (const Row& row : rows())
    for (const auto* list : {&row.fits, &row.does_not})
      for (const char* value : *list) {
        pairs.push_back({Json::parse(row.schema), Json::parse(value)});
        ours.push_back(mismatches(pairs.back()[0], pairs.back()[1]).empty());
      }
  const Json theirs = parse_json(
      must_run({.name = "python3", .argv = {"/usr/bin/python3", "-c", kScript}}, dump_json(pairs)));
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i], theirs[i].get<bool>()) << pairs[i].dump();
}

TEST(Schema, SaysWhereAndWhatIsWrong) {
  const Json schema = Json::parse(R"({"properties":{"a/b":{"items":{"type":"integer"}}},"required":["c"]})");
  EXPECT_EQ(mismatches(schema, Json::parse(R"({"a/b":[1,"x"]})")),
            (std::vector<std::string>{"/a~1b/1: it is string, expected \"integer\"", "/: 'c' is missing"}));
}

TEST(Schema, TellsAtMostAsManyMistakesAsAreWanted) {
  Json list = Json::array();
  for (int i = 0; i < 1000; ++i) list.push_back("x");
  EXPECT_EQ(mismatches(Json::parse(R"({"items":{"type":"integer"}})"), list, 3).size(), 3U);
}

TEST(Schema, RefusesKeywordsThatWouldHaveNoEffect) {
  const auto refused = [](const char* schema) -> std::string {
    try {
      check_schema(Json::parse(schema));
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::input);
      return error.what();
    }
    return "taken";
  };
  EXPECT_EQ(refused(R"({"properties":{"a":{"minimun":1}}})"),
            "the schema at '/properties/a': there is no keyword 'minimun' here");
  EXPECT_EQ(
      refused(R"({"type":"int"})"),
      "the schema at '/type': expected one or more of null, boolean, object, array, integer, number, string");
  EXPECT_EQ(refused(R"({"pattern":"["})"),
            "the schema at '/pattern': expected a regular expression (ECMAScript)");
  EXPECT_EQ(refused("true"), "the schema at '/': expected a map of keywords");
}

TEST(Schema, DoesNotMatchTextsThatWouldExhaustTheStack) {
  const Json schema = Json::parse(R"({"pattern":"^(a|b)*$"})");
  EXPECT_FALSE(mismatches(schema, Json(std::string(200'000, 'a'))).empty());
}

}  // namespace
}  // namespace candor::kit
