// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "bench/outcome.h"
#include "bench/table.h"

namespace candor::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSent = R"({"leaks": [{"fired": 1, "sendings": [
    {"sent": 700, "taken": true, "error": ""}, {"sent": 300, "taken": false, "error": "reset"}]}]})";
constexpr const char* kRefused =
    R"({"leaks": [{"fired": 2, "sendings": [{"sent": 0, "error": "certificate verify failed"}]}]})";
constexpr const char* kQuiet =
    R"({"leaks": [{"fired": 0, "why-not": "no document is marked", "sendings": []}]})";

model::Scenario scenario(std::optional<model::Outcome> expected) {
  model::Scenario made;
  made.name = "L01";
  made.configure = {{"leaks",
                     {{{"what", "text"},
                       {"encode", {"gzip", {{"kind", "xor"}, {"key", "5a"}}}},
                       {"channel", {{"kind", "https"}}},
                       {"trigger", {{"on", {"open", "scan"}}}}}}}};
  made.expect.verdict = expected;
  return made;
}

Json verdict(const std::string& outcome, bool met, const std::vector<std::string>& classes) {
  Json findings = Json::array();
  for (const std::string& each : classes)
    findings.push_back({{"class", each}, {"declared", false}, {"reach", "left"}, {"evidence", "streams/ab"}});
  return {{"verdict", outcome},
          {"expectation", {{"expected", "leak with content/whole-file"}, {"met", met}}},
          {"reasons", outcome == "inconclusive" ? Json{"the channel was refused"} : Json::array()},
          {"findings", findings},
          {"run", {{"seed", 7}, {"folder", "/runs/a"}}},
          {"timing", {{"total_s", 12.5}}}};
}

CaseRun run_of(std::optional<model::Outcome> expected, const Json& given, const char* account) {
  const model::Scenario made = scenario(expected);
  return judged_case(made, made.expect, given, read_account(account));
}

TEST(Account, SumsUpWhatWasSent) {
  const Account account = read_account(kSent);
  EXPECT_TRUE(account.known);
  EXPECT_EQ(account.fired, 1);
  EXPECT_EQ(account.sendings, 2);
  EXPECT_EQ(account.sent, 1000);
  EXPECT_EQ(account.why_not, "reset");
}

TEST(Account, ThatIsNotUnderstoodIsUnknown) {
  for (const char* text : {"", "{", "[]", R"({"leaks": 3})", "the mole has no case"})
    EXPECT_FALSE(read_account(text).known) << text;
  EXPECT_TRUE(read_account(R"({"leaks": [3, {"sendings": "x", "fired": "no"}]})").known);
}

TEST(Case, HasItsSidesFromWhatItConfigures) {
  const Sides sides = sides_of(scenario(std::nullopt).configure);
  EXPECT_EQ(sides.what, "text");
  EXPECT_EQ(sides.encoding, "gzip, xor");
  EXPECT_EQ(sides.channel, "https");
  EXPECT_EQ(sides.trigger, "open, scan");
}

TEST(Case, IsWorthWhatVerdictAndAccountSayTogether) {
  using model::Outcome;
  const auto worth = [](std::optional<Outcome> expected, const Json& given, const char* account) {
    return run_of(expected, given, account).worth;
  };
  const Json leak = verdict("leak", true, {"content/whole-file"});
  const Json other = verdict("leak", false, {"metadata/name"});
  const Json nothing = verdict("no leak observed", false, {});
  const Json unclear = verdict("inconclusive", false, {});
  EXPECT_EQ(worth(Outcome::leak, leak, kSent), Worth::right);
  EXPECT_EQ(worth(Outcome::leak, other, kSent), Worth::wrong_class);
  EXPECT_EQ(worth(Outcome::leak, unclear, kSent), Worth::inconclusive);
  EXPECT_EQ(worth(Outcome::leak, nothing, kSent), Worth::missed);
  EXPECT_EQ(worth(Outcome::leak, nothing, kQuiet), Worth::not_fired);
  EXPECT_EQ(worth(Outcome::leak, leak, kQuiet), Worth::false_alarm) << "nothing was there to be found";
  EXPECT_EQ(worth(Outcome::leak, nothing, "no account"), Worth::missed)
      << "nobody says that nothing was sent";
  EXPECT_EQ(worth(Outcome::inconclusive, nothing, kRefused), Worth::missed);
  EXPECT_EQ(worth(Outcome::inconclusive, verdict("inconclusive", true, {}), kRefused), Worth::right);
  EXPECT_EQ(worth(Outcome::inconclusive, other, kSent), Worth::right) << "a finding is better than a doubt";
  EXPECT_EQ(worth(Outcome::inconclusive, verdict("leak", false, {"identity/host"}), kSent),
            Worth::wrong_class)
      << "one that has nothing to do with the document is not";
}

TEST(Control, GivesAFalseAlarmOrIsRight) {
  using model::Outcome;
  EXPECT_EQ(run_of(Outcome::no_leak_observed, verdict("leak", false, {"derived/hash"}), kSent).worth,
            Worth::false_alarm);
  EXPECT_EQ(run_of(std::nullopt, verdict("no leak observed", true, {}), kQuiet).worth, Worth::right);
  EXPECT_EQ(run_of(std::nullopt, verdict("inconclusive", false, {}), kQuiet).worth, Worth::inconclusive);
}

std::vector<CaseRun> some_runs() {
  using model::Outcome;
  return {run_of(Outcome::leak, verdict("leak", true, {"content/whole-file"}), kSent),
          run_of(Outcome::leak, verdict("no leak observed", false, {}), kSent),
          run_of(Outcome::leak, verdict("no leak observed", false, {}), kQuiet),
          run_of(Outcome::inconclusive, verdict("inconclusive", true, {}), kRefused),
          run_of(Outcome::no_leak_observed, verdict("leak", false, {"derived/hash"}), kSent),
          failed_case(scenario(Outcome::leak), 9, "exit code 2: no <image> & no \"template\"")};
}

TEST(Summary, CountsACaseThatDidNotFireNeitherAsFoundNorAsMissed) {
  const Summary summary = sum_up(some_runs());
  EXPECT_EQ(summary.all, (Recall{.fired = 3, .found = 2}));
  EXPECT_EQ(summary.readable, (Recall{.fired = 2, .found = 1}));
  EXPECT_EQ(summary.missed, 1U);
  EXPECT_EQ(summary.not_fired, 1U);
  EXPECT_EQ(summary.controls, 1U);
  EXPECT_EQ(summary.false_alarms, 1U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_FALSE(passed(summary));
  EXPECT_TRUE(passed(sum_up({some_runs()[0], some_runs()[2], some_runs()[3]})));
  EXPECT_FALSE(
      passed(sum_up({run_of(model::Outcome::leak, verdict("leak", false, {"metadata/name"}), kSent)})));
}

TEST(Table, HasARowForEachRunAndSaysWhatIsNotRight) {
  const std::string text = markdown(some_runs());
  EXPECT_THAT(text, HasSubstr("| L01 | 7 | text | gzip, xor | https | open, scan | 1000 | leak | "
                              "content/whole-file | right | 12.5 |"));
  EXPECT_THAT(text, HasSubstr("not fired: no document is marked"));
  EXPECT_THAT(text,
              HasSubstr("MISSED: expected leak with content/whole-file; sent 1000 bytes in 2 sendings"));
  EXPECT_THAT(text, HasSubstr("| https | 66.7 % (2 of 3) |"));
  EXPECT_THAT(
      text,
      HasSubstr("where content can be read 50.0 % (1 of 2); 1 missed, 0 of a wrong class; 1 of 1 controls"));
}

TEST(Table, ShowsWhatAProductSaysAsTextAlone) {
  CaseRun run = some_runs()[2];
  run.account.why_not = "<img src=x> | `rm` [a](b) *c*";
  EXPECT_THAT(markdown({run}), HasSubstr("not fired: &lt;img src=x> \\| \\`rm\\` \\[a](b) \\*c\\*"));
}

TEST(Junit, TellsFailuresErrorsAndWhatDidNotFireApart) {
  const std::string text = junit(some_runs());
  EXPECT_THAT(text, HasSubstr(R"(tests="6" failures="2" errors="1" skipped="1")"));
  EXPECT_THAT(text, HasSubstr("no &lt;image&gt; &amp; no &quot;template&quot;"));
  EXPECT_THAT(text, Not(HasSubstr("<image>")));
}

}  // namespace
}  // namespace candor::bench
