// SPDX-License-Identifier: Apache-2.0
//
// The conformance check against probes in Python that are right, and that break one rule each.
#include "collect/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace candor::collect {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Conforming : public ::testing::Test {
 protected:
  /// What the check of that name says of the probe with that fault.
  static ConformanceResult result(const char* check, const char* fault) {
    const std::string root = CANDOR_SOURCE_DIR;
    ProbeUnderTest probe{
        .name = "faulty",
        .command = {"/usr/bin/python3", root + "/tests/support/faulty_probe.py", fault},
        .env = {{"PYTHONPATH", root + "/probes/sdk/python"}, {"PYTHONDONTWRITEBYTECODE", "1"}},
        .mismatches = [](const std::string&, const Json& data) -> std::vector<std::string> {
          if (data.at("n").is_number()) return {};
          return {"n is no number"};
        },
        .only = {check},
        .patience = 3s};
    const auto results = check_conformance(probe, [](const ConformanceResult&) {});
    return results.at(0);
  }
  static void expect_broken(const char* check, const char* fault, const char* sentence) {
    const ConformanceResult found = result(check, fault);
    EXPECT_EQ(found.outcome, Conformance::broken) << fault << ": " << found.sentence;
    EXPECT_THAT(found.sentence, HasSubstr(sentence)) << fault;
  }
};

TEST_F(Conforming, ProbesKeepEveryCheck) {
  for (const char* check : {"handshake", "versions", "events", "credit", "heartbeat", "restart", "resume",
                            "lost events", "strangers", "finish", "silence"}) {
    const ConformanceResult found = result(check, "none");
    EXPECT_EQ(found.outcome, Conformance::kept) << check << ": " << found.sentence;
  }
}

TEST_F(Conforming, ProbesThatEndAtOnceAreShownWithTheirLastWords) {
  expect_broken("handshake", "ends-at-once", "these were my last words");
}
TEST_F(Conforming, ProbesUnderAnotherNameAreTold) {
  expect_broken("handshake", "other-name", "its HELLO gives the name 'someone-else'; its folder is 'faulty'");
}
TEST_F(Conforming, ProbesThatDoNotWaitForWelcomeAreTold) {
  expect_broken("handshake", "impatient", "it said PING before WELCOME");
}
TEST_F(Conforming, ProbesThatEndWellAfterARejectAreTold) {
  expect_broken("versions", "content", "it ends with exit code 0 after a final REJECT");
}
TEST_F(Conforming, ProbesThatKeepTheReasonToThemselvesAreTold) {
  expect_broken("versions", "silent", "it does not print the sentence of a REJECT");
}
TEST_F(Conforming, ProbesThatSendAboveTheirCreditAreTold) {
  expect_broken("credit", "greedy", "it sent event 3 with credit up to 2");
}
TEST_F(Conforming, ProbesWhoseEventsAreNotAsTheirSchemaSaysAreTold) {
  expect_broken("events", "wrong-data", "is not as its schema says: n is no number");
}
TEST_F(Conforming, ProbesThatComeBackAsSomebodyElseAreTold) {
  expect_broken("restart", "new-instance", "it came back under another instance");
}
TEST_F(Conforming, ProbesThatForgetWhatWasNotAcknowledgedAreTold) {
  expect_broken("restart", "forgetful", "after resume_from 1 it did not send event 1 as before");
}
TEST_F(Conforming, ProbesThatDoAnythingTheyAreToldAreTold) {
  expect_broken("strangers", "obedient", "it reports success for a command nobody knows");
}
TEST_F(Conforming, ProbesThatDoNotFinishAreTold) {
  expect_broken("finish", "endless", "no FIN came within 3 s after the command 'finish'");
}
TEST_F(Conforming, ProbesThatDoNotWaitForFinAckAreTold) {
  expect_broken("finish", "hasty", "it did not wait for FIN_ACK");
}
TEST_F(Conforming, ProbesWithoutAHeartbeatAreTold) {
  expect_broken("heartbeat", "pulseless", "0 PINGs came in 3 s; heartbeat_ms is 200");
}
TEST_F(Conforming, ProbesThatNeverGiveUpASilentCollectorAreTold) {
  expect_broken("silence", "faithful", "it goes on although the collector has been silent");
}
TEST_F(Conforming, ProbesWithNothingToReportAreNotShownRatherThanKept) {
  const ConformanceResult found = result("credit", "mute");
  EXPECT_EQ(found.outcome, Conformance::not_shown);
  EXPECT_THAT(found.sentence, HasSubstr("--trigger"));
}
TEST_F(Conforming, ProbesThatSpeakNonsenseAreTold) {
  expect_broken("credit", "nonsense", "it said what is not in the protocol: EVENT: 'seq' is missing");
}

}  // namespace
}  // namespace candor::collect
