// SPDX-License-Identifier: Apache-2.0
#include "judge/passthrough.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clean_evidence.h"
#include "judge/judge.h"

namespace candor::judge {
namespace {

using model::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

model::Evidence passed_evidence() {
  model::Evidence evidence = test::clean_evidence();
  evidence.scenario.passthrough = {{"cloud.example", 443}, {"spare.example", 0}};
  model::ProbeAccount relay = evidence.probes.front();
  relay.name = "relay";
  evidence.probes.push_back(relay);
  evidence.passthrough.relayed = {{.number = 1,
                                   .host = "cloud.example",
                                   .port = 443,
                                   .address = "203.0.113.9",
                                   .sent = 900,
                                   .received = 2000,
                                   .ended = "eof"}};
  evidence.passthrough.passages = {{.host = "cloud.example", .port = 443, .written = 900}};
  return evidence;
}

std::string only_reason(const model::Evidence& evidence) {
  const model::Verdict verdict = judge(evidence);
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_EQ(verdict.reasons.size(), 1U);
  return verdict.reasons.empty() ? "" : verdict.reasons[0];
}

TEST(Passthrough, IsPrintedInTheVerdict) {
  const model::Verdict verdict = judge(passed_evidence());
  EXPECT_THAT(verdict.reasons, IsEmpty());
  EXPECT_EQ(verdict.outcome, Outcome::no_leak_observed);
  EXPECT_THAT(verdict.passthrough.allowed, ElementsAre("cloud.example:443", "spare.example"));
  ASSERT_EQ(verdict.passthrough.contacted.size(), 1U);
  const model::PassedHost& host = verdict.passthrough.contacted[0];
  EXPECT_EQ(host.host, "cloud.example");
  EXPECT_THAT(host.addresses, ElementsAre("203.0.113.9"));
  EXPECT_EQ(host.connections, 1U);
  EXPECT_EQ(host.sent, 900U);
  EXPECT_EQ(host.received, 2000U);
  const Json json = model::to_json(verdict);
  EXPECT_EQ(json["passthrough"]["contacted"][0]["port"], 443);
  EXPECT_EQ(model::to_json(judge(test::clean_evidence()))["passthrough"]["allowed"], Json::array());
}

TEST(Passthrough, ALeakToARealHostIsALeak) {
  model::Evidence evidence = passed_evidence();
  test::add_stream(evidence, test::leaking_stream());
  EXPECT_EQ(judge(evidence).outcome, Outcome::leak);
}

TEST(Passthrough, NeedsTheRelaysOwnAccount) {
  model::Evidence evidence = passed_evidence();
  evidence.probes.pop_back();
  EXPECT_EQ(only_reason(evidence), "nothing is known of the probe 'relay'");
  evidence = passed_evidence();
  evidence.probes.back().finished = false;
  EXPECT_THAT(only_reason(evidence), HasSubstr("the probe 'relay' did not finish"));
}

TEST(Passthrough, AHostThatWasNotReachedIsNoAnswer) {
  model::Evidence evidence = passed_evidence();
  evidence.passthrough.relayed.push_back(
      {.number = 2, .host = "cloud.example", .port = 443, .ended = "failed", .detail = "connection refused"});
  evidence.passthrough.passages.push_back(
      {.host = "cloud.example", .port = 443, .problem = "connection refused"});
  EXPECT_EQ(
      only_reason(evidence),
      "the real host cloud.example:443 was not reached, or not told all the guest said: connection refused");
  EXPECT_EQ(judge(evidence).passthrough.contacted[0].failed, 1U);
  evidence = passed_evidence();
  evidence.passthrough.passages[0].problem = "TLS with the host: certificate verify failed";
  EXPECT_THAT(only_reason(evidence), HasSubstr("certificate verify failed"));
}

TEST(Passthrough, BytesAndConnectionsThatNobodyAccountsForAreNoAnswer) {
  model::Evidence evidence = passed_evidence();
  evidence.passthrough.relayed[0].sent = 901;
  EXPECT_EQ(only_reason(evidence),
            "the relay sent 901 bytes to cloud.example:443, the simulated internet accounts for 900");
  evidence = passed_evidence();
  evidence.passthrough.relayed.push_back(
      {.number = 2, .host = "cloud.example", .port = 443, .address = "203.0.113.9", .ended = "eof"});
  EXPECT_THAT(only_reason(evidence),
              HasSubstr("the relay passed 2 connections through to cloud.example:443"));
  evidence = passed_evidence();
  evidence.passthrough.relayed[0].ended = "";
  EXPECT_THAT(only_reason(evidence), HasSubstr("was never reported"));
  evidence = passed_evidence();
  evidence.passthrough.relayed[0].ended = "limit";
  EXPECT_THAT(only_reason(evidence), HasSubstr("was ended"));
}

TEST(Passthrough, WhatTheScenarioDoesNotNameIsNoAnswer) {
  model::Evidence evidence = test::clean_evidence();
  evidence.passthrough.relayed = {{.number = 1,
                                   .host = "evil.example",
                                   .port = 443,
                                   .address = "203.0.113.66",
                                   .sent = 10,
                                   .ended = "eof"}};
  evidence.passthrough.passages = {{.host = "evil.example", .port = 443, .written = 10}};
  EXPECT_EQ(only_reason(evidence),
            "connections were passed through to evil.example:443, which the scenario does not name");
  evidence = passed_evidence();
  evidence.passthrough.refused = {"evil.example:443 is not among the hosts that are passed through"};
  EXPECT_THAT(only_reason(evidence),
              HasSubstr("the relay refused what the sealed side asked for: evil.example"));
}

}  // namespace
}  // namespace candor::judge
