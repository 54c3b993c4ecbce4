// SPDX-License-Identifier: Apache-2.0
#include "bench/outcome.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/error.h"

namespace candor::bench {

namespace {

/// "gzip" of "gzip" and of {"kind": "gzip", …}.
std::string kind_of(const Json& value, const char* key = "kind") {
  if (value.is_string()) return printable(value.get<std::string>(), 60);
  if (value.is_object() && value.contains(key)) return kind_of(value.at(key), key);
  if (!value.is_array()) return {};
  std::string all;
  for (const Json& each : value) all += (all.empty() ? "" : ", ") + kind_of(each, key);
  return all;
}

std::string side_of(const Json& leak, const char* name, const char* key, const char* otherwise) {
  const std::string found = leak.is_object() && leak.contains(name) ? kind_of(leak.at(name), key) : "";
  return found.empty() ? otherwise : found;
}

void add(std::string& all, const std::string& one) {
  if (all.empty()) {
    all = one;
  } else if (all != one) {
    all += " + " + one;
  }
}

std::int64_t number(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object.at(key).is_number_integer()
             ? object.at(key).get<std::int64_t>()
             : 0;
}

std::string word(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object.at(key).is_string()
             ? printable(object.at(key).get<std::string>(), 300)
             : "";
}

void take_leak(const Json& leak, Account& account) {
  account.fired += number(leak, "fired");
  account.sendings += number(leak, "more-sendings");
  if (account.why_not.empty()) account.why_not = word(leak, "why-not");
  if (!leak.is_object() || !leak.contains("sendings") || !leak.at("sendings").is_array()) return;
  for (const Json& sending : leak.at("sendings")) {
    ++account.sendings;
    account.sent += number(sending, "sent");
    if (account.why_not.empty()) account.why_not = word(sending, "error");
  }
}

Worth worth_of(const CaseRun& run, const model::Expectation& wanted, bool met) {
  const bool leaked = run.verdict == model::text(model::Outcome::leak);
  if (run.control) return leaked ? Worth::false_alarm : met ? Worth::right : Worth::inconclusive;
  // What never fired left nothing to be right about, and nothing to be found.
  if (run.account.known && run.account.fired == 0) return leaked ? Worth::false_alarm : Worth::not_fired;
  if (met) return Worth::right;
  // Where a doubt was expected, to find what it was about is better; anything else found says nothing of it.
  const bool of_documents = std::any_of(run.classes.begin(), run.classes.end(), [](const std::string& each) {
    return each.starts_with("content/") || each.starts_with("derived/") || each.starts_with("metadata/");
  });
  if (leaked)
    return wanted.verdict != model::Outcome::leak && of_documents ? Worth::right : Worth::wrong_class;
  if (run.verdict == model::text(model::Outcome::inconclusive)) return Worth::inconclusive;
  return Worth::missed;
}

}  // namespace

Account read_account(std::string_view text) {
  Account account;
  try {
    const Json json = parse_json(text, {.bytes = 16U << 20, .depth = 16});
    if (!json.is_object() || !json.contains("leaks") || !json.at("leaks").is_array()) return account;
    account.known = true;
    for (const Json& leak : json.at("leaks")) take_leak(leak, account);
  } catch (const Error&) {
    return {};
  }
  return account;
}

const char* text(Worth worth) {
  switch (worth) {
    case Worth::right:
      return "right";
    case Worth::wrong_class:
      return "wrong class";
    case Worth::inconclusive:
      return "inconclusive";
    case Worth::missed:
      return "MISSED";
    case Worth::false_alarm:
      return "FALSE ALARM";
    case Worth::not_fired:
      return "not fired";
    case Worth::failed:
      return "failed";
  }
  return "failed";
}

Sides sides_of(const Json& configure) {
  Sides sides;
  if (!configure.is_object() || !configure.contains("leaks")) return sides;
  for (const Json& leak : configure.at("leaks")) {
    add(sides.what, side_of(leak, "what", "kind", "whole-file"));
    add(sides.encoding, side_of(leak, "encode", "kind", "none"));
    add(sides.channel, side_of(leak, "channel", "kind", "none"));
    add(sides.trigger, side_of(leak, "trigger", "on", "open"));
  }
  return sides;
}

CaseRun judged_case(const model::Scenario& scenario, const model::Expectation& wanted, const Json& verdict,
                    const Account& account) {
  CaseRun run = failed_case(scenario, static_cast<std::uint64_t>(0), "");
  const Json& info = member(verdict, "run");
  run.seed = member(info, "seed").get<std::uint64_t>();
  run.folder = string_member(info, "folder");
  run.account = account;
  run.control = wanted.verdict.value_or(model::Outcome::no_leak_observed) == model::Outcome::no_leak_observed;
  run.readable = wanted.verdict == model::Outcome::leak;
  run.verdict = string_member(verdict, "verdict");
  run.expected = string_member(member(verdict, "expectation"), "expected");
  run.seconds = member(member(verdict, "timing"), "total_s").get<double>();
  std::set<std::string> classes;
  for (const Json& finding : member(verdict, "findings")) {
    if (bool_member(finding, "declared") || string_member(finding, "reach") == "seen") continue;
    classes.insert(string_member(finding, "class"));
    if (run.evidence.empty()) run.evidence = string_member(finding, "evidence");
  }
  run.classes.assign(classes.begin(), classes.end());
  for (const Json& reason : member(verdict, "reasons")) run.reasons.push_back(reason.get<std::string>());
  run.worth = worth_of(run, wanted, bool_member(member(verdict, "expectation"), "met"));
  return run;
}

CaseRun failed_case(const model::Scenario& scenario, std::uint64_t seed, std::string problem) {
  CaseRun run;
  run.name = scenario.name;
  run.about = scenario.about;
  run.seed = seed;
  run.sides = sides_of(scenario.configure);
  run.problem = std::move(problem);
  return run;
}

}  // namespace candor::bench
