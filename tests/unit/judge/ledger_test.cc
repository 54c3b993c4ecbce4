// SPDX-License-Identifier: Apache-2.0
#include "judge/ledger.h"

#include <gmock/gmock.h>

#include <random>

#include "clean_evidence.h"

namespace candor::judge {
namespace {

using namespace test;
using model::Evidence;

/// A clean run with one more stream, to change.
class LedgerTest : public testing::Test {
 protected:
  model::Stream& stream() { return evidence_.streams.back(); }
  std::uint64_t opaque() const {
    const Ledger ledger = account(evidence_);
    EXPECT_EQ(ledger.totals.sent, evidence_.frames.sent);
    EXPECT_EQ(ledger.totals.sent, ledger.totals.understood + ledger.totals.opaque);
    return ledger.totals.opaque;
  }
  std::size_t problems() const { return account(evidence_).problems.size(); }
  void add(const model::Stream& added) { add_stream(evidence_, added); }

  Evidence evidence_ = clean_evidence();
};

TEST_F(LedgerTest, UnderstandsWhatWasReceivedEndedAndRecognised) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  EXPECT_EQ(opaque(), 0U);
  EXPECT_EQ(problems(), 0U);
}

TEST_F(LedgerTest, CountsWhatTheRecogniserDidNotUnderstand) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  stream().found.opaque = 400;
  EXPECT_EQ(opaque(), 400U);
  stream().found.not_looked_into = {{{}, "encrypted zip member", 700}};
  EXPECT_EQ(opaque(), 700U);
  stream().found.opaque = 1'000'000;
  EXPECT_EQ(opaque(), 1000U);
}

TEST_F(LedgerTest, AStreamWithoutAnEndIsOpaqueAsAWhole) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  stream().ended = false;
  EXPECT_EQ(opaque(), 1900U);
}

TEST_F(LedgerTest, AStreamThatWasNotUnderstoodIsOpaqueAsAWhole) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  stream().understood = false;
  EXPECT_EQ(opaque(), 1900U);
}

TEST_F(LedgerTest, TakesTlsOverheadForFramingUpToABound) {
  add(https_stream(5, "x.example", "198.18.0.5", 10, 1));
  evidence_.frames.flows.back().payload += 100'000;
  evidence_.frames.tcp += 100'000;
  evidence_.frames.sent += 100'000;
  stream().wire_bytes += 100'000;
  EXPECT_EQ(opaque(), 100'910U - 10 - 8192 - 20);
  stream().tls = false;
  EXPECT_EQ(opaque(), 100'900U);
}

TEST_F(LedgerTest, CountsARequestsOpaqueBytesWholeHoweverMuchItsFieldsGrewWhenDecoded) {
  // A connection of 2000 bytes after TLS, of which a request of HTTP/2 takes 1500, though its file has 4000.
  add(https_stream(5, "x.example", "198.18.0.5", 2000, 1));
  stream().bytes = 500;
  stream().apart_bytes = 1500;
  stream().wire_bytes -= 1500;
  model::Stream request = stream();
  request.number = 6;
  request.within = 5;
  request.bytes = 4000;
  request.wire_bytes = 1500;
  request.found.opaque = 1000;
  evidence_.streams.push_back(request);
  EXPECT_EQ(opaque(), 1000U);
  EXPECT_EQ(problems(), 0U);
}

TEST_F(LedgerTest, AFlowWithoutAStreamIsOpaqueAsAWhole) {
  add(https_stream(5, "x.example", "198.18.0.3", 1000, 1));
  evidence_.streams.pop_back();
  const Ledger ledger = account(evidence_);
  EXPECT_EQ(ledger.totals.opaque, 1900U);
  ASSERT_EQ(ledger.opaque.size(), 1U);
  EXPECT_EQ(ledger.opaque[0].where, "to updates.example (198.18.0.3:443)");
  EXPECT_TRUE(ledger.problems.empty());
}

TEST_F(LedgerTest, WhatWasSentAfterOurCloseIsOpaqueAndNoContradiction) {
  for (const char* reason : {"reset", "idle", "stopped", "error"}) {
    evidence_ = clean_evidence();
    add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
    stream().end_reason = reason;
    stream().wire_bytes -= 300;
    EXPECT_EQ(opaque(), 300U) << reason;
    EXPECT_EQ(problems(), 0U) << reason;
  }
  stream().end_reason = "eof";
  EXPECT_EQ(problems(), 1U);
}

TEST_F(LedgerTest, DatagramsLostWhileOfflineAreOpaqueAndNoContradiction) {
  evidence_.streams[2].wire_bytes -= 20;
  EXPECT_EQ(problems(), 1U);
  evidence_.scenario.steps.push_back(step(model::Verb::offline, "offline: 1h", 9));
  EXPECT_EQ(problems(), 0U);
  EXPECT_EQ(opaque(), 20U);
}

TEST_F(LedgerTest, ComparesAllConnectionsOfTheSamePortsTogether) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  model::Stream second = stream();
  second.number = 6;
  add(second);
  EXPECT_EQ(problems(), 0U);
  EXPECT_EQ(opaque(), 0U);
  evidence_.streams.pop_back();
  EXPECT_EQ(problems(), 1U);
  EXPECT_EQ(opaque(), 1900U);
}

TEST_F(LedgerTest, TakesScopedAndMappedAddressesForTheSame) {
  add(https_stream(5, "x.example", "fe80::7", 1000, 1));
  stream().destination.address = "fe80::7%tap0";
  add(https_stream(6, "x.example", "198.18.0.5", 1000, 1));
  stream().destination.address = "::ffff:198.18.0.5";
  EXPECT_EQ(problems(), 0U);
  EXPECT_EQ(opaque(), 0U);
}

TEST_F(LedgerTest, DnsQueriesNeedNoStreamAndMayHaveOne) {
  model::Stream odd = udp_stream(7, 53, 40);
  odd.source = evidence_.frames.flows[0].source;
  odd.destination = evidence_.frames.flows[0].destination;
  evidence_.streams.push_back(odd);
  EXPECT_EQ(problems(), 0U);
  EXPECT_EQ(opaque(), 0U);
  evidence_.streams.back().wire_bytes = 201;
  EXPECT_EQ(problems(), 1U);
}

TEST_F(LedgerTest, FramesThatAreNotFollowedAreOpaque) {
  evidence_.frames.other += 70;
  evidence_.frames.sent += 70;
  EXPECT_EQ(opaque(), 70U);
  EXPECT_EQ(account(evidence_).opaque.at(0).where, "in frames of protocols that are not followed");
}

TEST_F(LedgerTest, ListsTheLargestFirst) {
  add(https_stream(5, "a.example", "198.18.0.5", 1000, 1));
  stream().found.opaque = 10;
  add(https_stream(6, "b.example", "198.18.0.6", 1000, 1));
  stream().found.opaque = 500;
  const Ledger ledger = account(evidence_);
  ASSERT_EQ(ledger.opaque.size(), 2U);
  EXPECT_EQ(ledger.opaque[0].where, "to b.example (198.18.0.6:443)");
}

TEST_F(LedgerTest, AddsUpForAnyEvidence) {
  std::mt19937_64 random(11);
  const auto any = [&]() -> std::uint64_t { return random() % 4 == 0 ? random() : random() % 3000; };
  for (int round = 0; round < 2000; ++round) {
    evidence_ = clean_evidence();
    for (model::Stream& each : evidence_.streams) {
      if (random() % 2 == 0) each.bytes = any();
      if (random() % 2 == 0) each.wire_bytes = any();
      if (random() % 2 == 0) each.found.opaque = any();
      each.ended = random() % 3 != 0;
      each.understood = random() % 3 != 0;
      each.tls = random() % 2 == 0;
    }
    for (model::FrameAccount::Flow& flow : evidence_.frames.flows)
      if (random() % 2 == 0) flow.payload = any();
    if (random() % 2 == 0) evidence_.frames.sent = any();
    if (random() % 2 == 0) evidence_.frames.other = any();
    const Ledger ledger = account(evidence_);
    ASSERT_EQ(ledger.totals.sent, evidence_.frames.sent);
    ASSERT_LE(ledger.totals.opaque, ledger.totals.sent);
    ASSERT_EQ(ledger.totals.sent, ledger.totals.understood + ledger.totals.opaque);
  }
}

}  // namespace
}  // namespace candor::judge
