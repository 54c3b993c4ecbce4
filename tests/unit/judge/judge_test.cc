// SPDX-License-Identifier: Apache-2.0
#include "judge/judge.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <random>

#include "clean_evidence.h"

namespace candor::judge {
namespace {

using namespace test;
using model::Evidence;
using model::HitKind;
using model::Outcome;
using model::Verdict;
using testing::HasSubstr;

TEST(Judge, SaysNoLeakObservedOnlyWhenNothingIsMissing) {
  const Verdict verdict = judge(clean_evidence());
  EXPECT_EQ(verdict.reasons, std::vector<std::string>{});
  EXPECT_EQ(verdict.outcome, Outcome::no_leak_observed);
  EXPECT_EQ(verdict.findings.size(), 0U);
  EXPECT_EQ(verdict.control.sent, 1);
  EXPECT_EQ(verdict.control.found, 1);
  EXPECT_EQ(verdict.ledger.opaque, 0U);
  EXPECT_EQ(verdict.ledger.understood, verdict.ledger.sent);
  EXPECT_TRUE(verdict.expectation_met);
}

struct Doubt {
  const char* name;
  std::function<void(Evidence&)> change;
  const char* reason;
  std::size_t reasons = 1;
};

model::Stream& last_stream(Evidence& evidence) { return evidence.streams[1]; }

const std::vector<Doubt>& doubts() {
  static const std::vector<Doubt> list = {
      {"a step was not done",
       [](Evidence& e) { e.steps[1].done = false, e.steps[1].detail = "the scanner\x1b crashed"; },
       "step 2 (scan: /home/alex) was not done: the scanner\\x1b crashed"},
      {"a step was never started", [](Evidence& e) { e.steps.pop_back(); },
       "step 2 (scan: /home/alex) was never started"},
      {"the first step was never started", [](Evidence& e) { e.steps.erase(e.steps.begin()); },
       "step 1 (plant: memo) was never started"},
      {"a step was reported twice", [](Evidence& e) { e.steps.push_back(e.steps[0]); },
       "step 1 (plant: memo) was reported 2 times"},
      {"a step nobody asked for",
       [](Evidence& e) { e.steps.push_back(e.steps[0]), e.steps.back().index = 7; },
       "a step was reported that the scenario does not have"},
      {"no steps at all", [](Evidence& e) { e.steps.clear(), e.scenario.steps.clear(); },
       "the scenario has no steps"},
      {"no control", [](Evidence& e) { e.controls.clear(), e.streams[0].found.hits.clear(); },
       "no control was attempted"},
      {"a control was missed", [](Evidence& e) { e.streams[0].found.hits.clear(); },
       "the control control-1 to control-1.candor-control.example was sent and not found"},
      {"only the control's name was found",
       [](Evidence& e) { e.streams[0].found.hits = {hit(HitKind::name, "control-1")}; },
       "was sent and not found"},
      {"a control could not be sent",
       [](Evidence& e) {
         e.controls[0].ok = false, e.controls[0].detail = "curl: 7", e.streams[0].found.hits.clear();
       },
       "the control control-1 to control-1.candor-control.example could not be sent: curl: 7"},
      {"one control of two was missed",
       [](Evidence& e) {
         e.controls.push_back({"control-1", "control-2.example", true, ""});
       },
       "the control control-1 to control-2.example was sent and not found"},
      {"a probe is unknown", [](Evidence& e) { e.probes.erase(e.probes.begin()); },
       "nothing is known of the probe 'wire'"},
      {"a probe never joined", [](Evidence& e) { e.probes[0].welcomed = false; },
       "the probe 'wire' never joined"},
      {"a probe did not finish", [](Evidence& e) { e.probes[1].finished = false; },
       "the probe 'internet' did not finish"},
      {"events are missing", [](Evidence& e) { e.probes[1].missing = 3; },
       "of the probe 'internet' events are missing: 3"},
      {"events were dropped", [](Evidence& e) { e.probes[1].dropped = 4; },
       "the probe 'internet' lost events at their source: 4"},
      {"a probe had a problem", [](Evidence& e) { e.probes[0].problem = "disk full"; },
       "the probe 'wire' had a problem: disk full"},
      {"a further probe is required and did not finish",
       [](Evidence& e) {
         e.probes.push_back({"guest-files", true, false, 0, 0, 0, ""});
       },
       "the probe 'guest-files' did not finish"},
      {"a probe the scenario requires has no account",
       [](Evidence& e) { e.scenario.probes.push_back({.name = "guest-files"}); },
       "nothing is known of the probe 'guest-files'"},
      {"the end of a stream is missing",
       [](Evidence& e) { last_stream(e).ended = false, e.scenario.expect.opaque_bytes = 9999; },
       "the end of stream 2 to updates.example (198.18.0.3:443) was never reported"},
      {"a TLS client refused",
       [](Evidence& e) {
         e.refusals = {{{"198.18.0.8", 443}, "pinned.example", "unknown_ca"}};
       },
       "a TLS client refused the certificate for pinned.example (198.18.0.8:443) (unknown_ca)"},
      {"an SSH client was turned away", [](Evidence& e) { last_stream(e).protocol = "ssh"; },
       "an SSH client was turned away by updates.example (198.18.0.3:443) before it said what it came for"},
      {"an SMB client was turned away", [](Evidence& e) { last_stream(e).protocol = "smb"; },
       "an SMB client was turned away by updates.example (198.18.0.3:443) before"},
      {"the capture is torn",
       [](Evidence& e) { e.frames.complete = false, e.frames.problem = "it breaks off"; },
       "the capture could not be read to its end: it breaks off"},
      {"the capture has a problem", [](Evidence& e) { e.frames.problem = "odd"; },
       "the capture had a problem: odd"},
      {"the wire's bytes differ", [](Evidence& e) { *e.wire_sent_bytes += 60; },
       "the wire probe saw the guest send"},
      {"the wire's frames differ", [](Evidence& e) { *e.wire_sent_frames += 1; },
       "the wire probe saw the guest send"},
      {"the wire's bytes are unknown", [](Evidence& e) { e.wire_sent_bytes.reset(); },
       "never reported its totals"},
      {"the wire's frames are unknown", [](Evidence& e) { e.wire_sent_frames.reset(); },
       "never reported its totals"},
      {"more was received than captured", [](Evidence& e) { last_stream(e).wire_bytes += 10; },
       "the simulated internet received 1,710 bytes of the tcp conversation from 10.0.2.15:40002 to "
       "updates.example "
       "(198.18.0.3:443), and fewer are in the capture: 1,700"},
      {"less was received than captured though the guest ended it",
       [](Evidence& e) { last_stream(e).wire_bytes -= 10; }, "more are in the capture: 1,700"},
      {"a datagram was captured and not received", [](Evidence& e) { e.streams[2].wire_bytes -= 10; },
       "received 38 bytes of the udp conversation"},
      {"a stream that no frame carried",
       [](Evidence& e) { e.streams.push_back(https_stream(5, "x.example", "198.18.0.5", 10, 1)); },
       "fewer are in the capture: 0"},
      {"too many opaque bytes from a probe",
       [](Evidence& e) {
         e.blobs.push_back({.probe = "tls", .id = "ssl-1", .about = "left", .complete = true});
         e.blobs.back().found.opaque = 12'345;
       },
       "12,345 opaque bytes were handed over by probes, 4,096 are allowed by the scenario, the first in "
       "'ssl-1' "
       "of the probe 'tls'"},
      {"bytes of a probe that were never ended",
       [](Evidence& e) { e.blobs.push_back({.probe = "tls", .id = "ssl-1", .about = "left"}); },
       "the bytes of 'ssl-1' of the probe 'tls' were never ended: some may be missing"},
      {"a file of the disk that was never ended",
       [](Evidence& e) { e.blobs.push_back({.probe = "disk", .id = "inode-1", .about = "at-rest"}); },
       "the bytes of 'inode-1' of the probe 'disk' were never ended: some may be missing"},
      {"too many opaque bytes",
       [](Evidence& e) {
         add_stream(e, https_stream(5, "telemetry.example", "198.18.0.3", 12'345, 1)).found.opaque = 12'345;
       },
       "12,345 opaque bytes were sent, 4,096 are allowed by the scenario: 12,345 to telemetry.example "
       "(198.18.0.3:443)"},
      {"the capture's parts do not add up", [](Evidence& e) { e.frames.framing -= 5; },
       "the capture's account does not add up: its parts make", 2},
      {"the flows do not add up", [](Evidence& e) { e.frames.tcp += 5, e.frames.framing -= 5; },
       "the capture's account does not add up: its TCP flows make", 2},
      {"datagrams do not add up", [](Evidence& e) { e.frames.udp += 5, e.frames.framing -= 5; },
       "the capture's account does not add up: its UDP flows make", 2},
      {"something was lost",
       [](Evidence& e) { e.losses = {"qemu ended during the run: killed by signal 9"}; },
       "qemu ended during the run"},
      {"the recogniser failed in a stream",
       [](Evidence& e) {
         last_stream(e).found.not_looked_into = {{{}, "internal error: a hit does not verify", 0}};
       },
       "searching stream 2 to updates.example (198.18.0.3:443) failed: internal error"},
      {"the recogniser failed in a frame",
       [](Evidence& e) {
         model::FrameFinding frame;
         frame.frame = 12;
         frame.found.not_looked_into = {{{}, "internal error: a hit does not verify", 0}};
         e.frames.findings = {frame};
       },
       "searching frame 12 failed: internal error"},
  };
  return list;
}

TEST(Judge, EachDoubtAloneMakesACleanRunInconclusive) {
  for (const Doubt& doubt : doubts()) {
    Evidence evidence = clean_evidence();
    doubt.change(evidence);
    const Verdict verdict = judge(evidence);
    EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << doubt.name;
    EXPECT_THAT(verdict.reasons, testing::Contains(HasSubstr(doubt.reason))) << doubt.name;
    EXPECT_EQ(verdict.reasons.size(), doubt.reasons)
        << doubt.name << ": " << testing::PrintToString(verdict.reasons);
    EXPECT_EQ(exit_code(verdict), 3) << doubt.name;
  }
}

TEST(Judge, ALeakSurvivesEveryDoubtAndNamesIt) {
  for (const Doubt& doubt : doubts()) {
    Evidence evidence = clean_evidence();
    doubt.change(evidence);
    add_stream(evidence, leaking_stream());
    const Verdict verdict = judge(evidence);
    EXPECT_EQ(verdict.outcome, Outcome::leak) << doubt.name;
    EXPECT_EQ(verdict.findings.size(), 1U) << doubt.name;
    EXPECT_EQ(exit_code(verdict), 1) << doubt.name;
  }
}

TEST(Judge, AllDoubtsTogetherAreAllListed) {
  Evidence evidence = clean_evidence();
  evidence.steps.pop_back();
  evidence.losses = {"qemu died", "the disk is full"};
  evidence.probes[0].missing = 1;
  evidence.wire_sent_bytes.reset();
  EXPECT_EQ(judge(evidence).reasons.size(), 5U);
}

TEST(Judge, SaysNothingOfAnEmptyRun) {
  const Verdict verdict = judge(Evidence{});
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_GE(verdict.reasons.size(), 5U);
}

TEST(Judge, BoundsAListOfLikeReasonsAndCountsTheRest) {
  Evidence evidence = clean_evidence();
  for (int i = 0; i < 50; ++i) evidence.losses.push_back("loss " + std::to_string(i));
  const Verdict verdict = judge(evidence);
  EXPECT_EQ(verdict.reasons.size(), 21U);
  EXPECT_EQ(verdict.reasons.back(), "and 30 more of the same kind: losses");
}

TEST(Judge, MeetsAnExpectedFindingByWhatLeftOrWasKeptAlone) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, leaking_stream());
  evidence.scenario.expect = {.verdict = model::Outcome::leak, .findings = {"content/whole-file"}};
  EXPECT_TRUE(judge(evidence).expectation_met);
  EXPECT_EQ(judge(evidence).expectation, "leak with content/whole-file");
  evidence.scenario.expect.findings = {"content/whole-file", "derived/fuzzy-hash"};
  EXPECT_FALSE(judge(evidence).expectation_met) << "each of them must be there";
  evidence.scenario.expect.findings = {"content/whole-file"};
  evidence.declared = {"content/whole-file"};
  EXPECT_FALSE(judge(evidence).expectation_met) << "what is declared meets nothing";
}

TEST(Judge, CountsRepeatedRefusalsOnce) {
  Evidence evidence = clean_evidence();
  evidence.refusals.assign(3, {{"198.18.0.8", 443}, "pinned.example", "unknown_ca"});
  EXPECT_THAT(judge(evidence).reasons, testing::ElementsAre(HasSubstr("(unknown_ca), 3 times")));
}

TEST(Judge, TheOrderOfStreamsAndHitsDoesNotShow) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, leaking_stream());
  for (int i = 0; i < 6; ++i) {
    model::Stream stream = leaking_stream();
    stream.number = 20 + i;
    stream.source.port = static_cast<std::uint16_t>(50000 + i % 3);
    stream.found.hits.push_back(hit(HitKind::name, "memo-2", "memo-2.docx"));
    stream.found.hits.push_back(hit(HitKind::token, "memo-2", std::string(26, static_cast<char>('a' + i))));
    stream.ended = i % 2 == 0;
    stream.found.opaque = 100U * static_cast<unsigned>(i);
    add_stream(evidence, stream);
  }
  const std::string expected = dump_json(model::to_json(judge(evidence)));
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(evidence.streams.begin(), evidence.streams.end(), random);
    std::shuffle(evidence.frames.flows.begin(), evidence.frames.flows.end(), random);
    for (model::Stream& stream : evidence.streams)
      std::shuffle(stream.found.hits.begin(), stream.found.hits.end(), random);
    EXPECT_EQ(dump_json(model::to_json(judge(evidence))), expected);
  }
}

TEST(Judge, OnlyDeclaredFindingsAreNoLeakAndAreListed) {
  Evidence evidence = clean_evidence();
  evidence.declared = {"derived/hash"};
  add_stream(evidence, https_stream(5, "lookup.example", "198.18.0.5", 300, 1)).found.hits = {
      hit(HitKind::hash, "memo-1", "sha256")};
  Verdict verdict = judge(evidence);
  EXPECT_EQ(verdict.outcome, Outcome::no_leak_observed);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_TRUE(verdict.findings[0].declared);
  evidence.streams.back().found.hits.push_back(hit(HitKind::token, "memo-1"));
  verdict = judge(evidence);
  EXPECT_EQ(verdict.outcome, Outcome::leak);
  EXPECT_EQ(verdict.findings.size(), 2U);
}

TEST(Judge, MeasuresTheVerdictByTheExpectation) {
  struct Row {
    std::optional<Outcome> expected;
    int clean, leaking, doubtful;
  };
  const std::vector<Row> rows = {{std::nullopt, 0, 1, 3},
                                 {Outcome::no_leak_observed, 0, 1, 3},
                                 {Outcome::leak, 1, 0, 3},
                                 {Outcome::inconclusive, 1, 1, 0}};
  for (const Row& row : rows) {
    Evidence evidence = clean_evidence();
    evidence.scenario.expect_product["clamav"].verdict = row.expected;
    const Verdict clean = judge(evidence);
    EXPECT_EQ(exit_code(clean), row.clean);
    EXPECT_EQ(clean.expectation, model::text(row.expected.value_or(Outcome::no_leak_observed)));
    Evidence leaking = evidence;
    add_stream(leaking, leaking_stream());
    EXPECT_EQ(exit_code(judge(leaking)), row.leaking);
    evidence.losses = {"lost"};
    EXPECT_EQ(exit_code(judge(evidence)), row.doubtful);
  }
}

TEST(Judge, TakesTheBudgetOfTheProduct) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, https_stream(5, "t.example", "198.18.0.3", 5000, 1)).found.opaque = 5000;
  EXPECT_EQ(judge(evidence).outcome, Outcome::inconclusive);
  evidence.scenario.expect_product["clamav"].opaque_bytes = 5000;
  EXPECT_EQ(judge(evidence).outcome, Outcome::no_leak_observed);
  EXPECT_EQ(judge(evidence).opaque_budget, 5000U);
  evidence.scenario.expect_product["clamav"].opaque_bytes = 4999;
  EXPECT_EQ(judge(evidence).outcome, Outcome::inconclusive);
}

TEST(Judge, SaysWhatNoLeakObservedIsWorth) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, https_stream(5, "t.example", "198.18.0.3", 2000, 1)).found.opaque = 1500;
  EXPECT_EQ(bound_sentence(judge(evidence)),
            "Of 11,964 bytes the guest sent, 10,464 were understood and searched; 1,500 stayed unexplained "
            "(4,096 are "
            "allowed).");
}

}  // namespace
}  // namespace candor::judge
