// SPDX-License-Identifier: Apache-2.0
#include "judge/ledger.h"

#include <gmock/gmock.h>

#include <numeric>
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

TEST_F(LedgerTest, TakesTheCapturesWordForDatagramsReadFieldByField) {
  model::FrameAccount& frames = evidence_.frames;
  frames.flows.push_back({.source = {kGuest, 5353},
                          .destination = {"224.0.0.251", 5353},
                          .transport = "read",
                          .payload = 100,
                          .bytes = 142,
                          .headers = 42,
                          .known = 60,
                          .other = 10,
                          .frames = 1,
                          .first_wall_ns = kStartWall,
                          .last_wall_ns = kStartWall,
                          .protocol = "mdns"});
  frames.framing += 42;
  frames.known += 60;
  frames.dns += 30;
  frames.other += 10;
  frames.sent += 142;
  const Ledger ledger = account(evidence_);
  EXPECT_EQ(ledger.problems.size(), 0U);
  EXPECT_EQ(ledger.totals.opaque, 10U);
  ASSERT_EQ(ledger.opaque.size(), 1U);
  EXPECT_EQ(ledger.opaque[0].where, "in mdns messages to 224.0.0.251:5353");
  const auto mdns = std::find_if(ledger.destinations.begin(), ledger.destinations.end(),
                                 [](const model::Destination& each) { return each.protocol == "mdns"; });
  ASSERT_NE(mdns, ledger.destinations.end());
  EXPECT_EQ(mdns->understood, 132U);
}

TEST_F(LedgerTest, NamesTheServerAQuicClientMeant) {
  add(udp_stream(5, 443, 1200));
  stream().name.clear();
  stream().protocol = "quic";
  stream().found.opaque = 1200;
  model::FrameAccount::Flow& flow = evidence_.frames.flows.back();
  stream().destination.address = flow.destination.address = "198.18.0.77";
  flow.protocol = "quic";
  flow.server_name = "Telemetry.Example";
  flow.alpn = "h3";
  const Ledger ledger = account(evidence_);
  ASSERT_FALSE(ledger.opaque.empty());
  EXPECT_EQ(ledger.opaque[0].where, "over quic to telemetry.example (198.18.0.77:443)");
  EXPECT_EQ(ledger.opaque[0].reason, model::OpaqueReason::encrypted);
  EXPECT_EQ(ledger.destinations.at(0).names, std::vector<std::string>{"telemetry.example"});
  EXPECT_EQ(ledger.destinations.at(0).protocol, "quic (h3) over udp/443");
}

TEST_F(LedgerTest, TellsWhatAProtocolCarriesFromWhatItPutsAround) {
  const model::LedgerTotals before = account(evidence_).totals;
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  stream().framing_bytes = 300;
  model::LedgerTotals totals = account(evidence_).totals;
  EXPECT_EQ(totals.content - before.content, 700U);
  EXPECT_EQ(totals.framing - before.framing, 300U + 900) << "and what TLS added";
  stream().found.opaque = 900;
  totals = account(evidence_).totals;
  EXPECT_EQ(totals.content - before.content, 100U);
  EXPECT_EQ(totals.opaque - before.opaque, 900U);
  stream().framing_bytes = UINT64_MAX;
  EXPECT_EQ(opaque() - before.opaque, 900U);
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

TEST_F(LedgerTest, OnlyALinkThatLosesFramesExplainsMissingDatagrams) {
  evidence_.streams[2].wire_bytes -= 20;
  evidence_.scenario.steps.push_back(step(model::Verb::link, "link: {delay: 200ms}", 9));
  evidence_.scenario.steps.back().link.delay_ns = 200'000'000;
  EXPECT_EQ(problems(), 1U);
  evidence_.scenario.steps.back().link.loss_ppm = 20'000;
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

std::uint64_t opaque_for(const Ledger& ledger, model::OpaqueReason reason) {
  return ledger.totals.opaque_by[static_cast<std::size_t>(reason)];
}

TEST_F(LedgerTest, EntersEachByteOnce) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  evidence_.frames.retransmitted += 30;
  evidence_.frames.known += 28;
  evidence_.frames.flows.back().retransmitted = 30;
  evidence_.frames.flows.back().known = 28;
  evidence_.frames.flows.back().bytes += 58;
  evidence_.frames.sent += 58;
  const model::LedgerTotals totals = account(evidence_).totals;
  EXPECT_EQ(totals.headers, evidence_.frames.framing);
  EXPECT_EQ(totals.retransmitted, 30U);
  EXPECT_EQ(totals.framing, 28U + 3 * 900);
  EXPECT_EQ(totals.content, 200U + 6000 + 800 + 48 + 1000);
  EXPECT_EQ(totals.opaque, 0U);
  EXPECT_EQ(problems(), 0U);
}

TEST_F(LedgerTest, SaysWhyBytesAreOpaque) {
  using model::OpaqueReason;
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 1));
  stream().found.not_looked_into = {{{}, "encrypted zip member", 700}, {{}, "output budget of 64 MiB", 100}};
  stream().found.opaque = 900;
  Ledger ledger = account(evidence_);
  EXPECT_EQ(opaque_for(ledger, OpaqueReason::encrypted), 700U);
  EXPECT_EQ(opaque_for(ledger, OpaqueReason::budget), 100U);
  EXPECT_EQ(opaque_for(ledger, OpaqueReason::undecodable), 100U);
  stream().protocol = "ssh";
  ledger = account(evidence_);
  EXPECT_EQ(opaque_for(ledger, OpaqueReason::encrypted), 900U);
  EXPECT_EQ(ledger.opaque.at(0).where, "over ssh to x.example (198.18.0.5:443)");
  evidence_.refusals = {{stream().destination, "x.example", "unknown ca", stream().source}};
  EXPECT_EQ(opaque_for(account(evidence_), OpaqueReason::refused), 1900U);
  evidence_.refusals.clear();
  stream().ended = false;
  EXPECT_EQ(opaque_for(account(evidence_), OpaqueReason::unfinished), 1900U);
  evidence_.streams.pop_back();
  EXPECT_EQ(opaque_for(account(evidence_), OpaqueReason::unread), 1900U);
}

TEST_F(LedgerTest, NamesQuicThatNoSocketReceived) {
  add(udp_stream(7, 443, 1200));
  evidence_.streams.pop_back();
  evidence_.frames.flows.back().protocol = "quic";
  const Ledger ledger = account(evidence_);
  EXPECT_EQ(opaque_for(ledger, model::OpaqueReason::encrypted), 1200U);
  EXPECT_EQ(ledger.opaque.at(0).where, "over quic to time.example (198.18.0.9:443)");
}

TEST_F(LedgerTest, ListsDestinationsWithTheMostOpaqueFirst) {
  add(https_stream(5, "x.example", "198.18.0.5", 1000, 3));
  stream().server_name = "cdn.example";
  stream().found.opaque = 400;
  add(https_stream(6, "x.example", "198.18.0.6", 1000, 8));
  const Ledger ledger = account(evidence_);
  ASSERT_EQ(ledger.destinations.size(), 5U);
  const model::Destination& first = ledger.destinations[0];
  EXPECT_THAT(first.names, testing::ElementsAre("cdn.example", "x.example"));
  EXPECT_THAT(first.addresses, testing::ElementsAre("198.18.0.5", "198.18.0.6"));
  EXPECT_EQ(first.protocol, "https");
  EXPECT_EQ(first.opaque, 400U);
  EXPECT_EQ(first.understood, 2 * 1954U - 400);
  EXPECT_DOUBLE_EQ(first.first_s, 3);
  EXPECT_DOUBLE_EQ(first.last_s, 8.5);
  std::uint64_t sent = 0;
  for (const model::Destination& each : ledger.destinations) {
    EXPECT_EQ(each.sent, each.understood + each.opaque);
    sent += each.sent;
  }
  EXPECT_EQ(sent, ledger.totals.sent);
}

TEST_F(LedgerTest, SumsUpDestinationsBeyondAThousand) {
  for (int i = 0; i < 1500; ++i)
    add(https_stream(10 + i, "d" + std::to_string(i) + ".example", "198.18.0.5", 10, 1));
  const Ledger ledger = account(evidence_);
  ASSERT_EQ(ledger.destinations.size(), 1000U);
  EXPECT_THAT(ledger.destinations.back().names.at(0), testing::HasSubstr("further destinations"));
  std::uint64_t sent = 0;
  for (const model::Destination& each : ledger.destinations) sent += each.sent;
  EXPECT_EQ(sent, ledger.totals.sent);
}

TEST_F(LedgerTest, AFlowWhoseFramesAreNotThoseSentIsAProblem) {
  evidence_.frames.flows.back().bytes -= 1;
  EXPECT_EQ(problems(), 1U);
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
    const model::LedgerTotals& totals = ledger.totals;
    ASSERT_EQ(totals.understood, totals.headers + totals.retransmitted + totals.framing + totals.content);
    ASSERT_EQ(totals.opaque,
              std::accumulate(totals.opaque_by.begin(), totals.opaque_by.end(), std::uint64_t{0}));
  }
}

}  // namespace
}  // namespace candor::judge
