// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <gmock/gmock.h>

namespace candor::report {
namespace {

using model::Finding;
using model::Outcome;
using model::Verdict;
using testing::HasSubstr;
using testing::Not;

Verdict clean() {
  Verdict verdict;
  verdict.outcome = Outcome::no_leak_observed;
  verdict.expectation = "no leak observed";
  verdict.expectation_met = true;
  verdict.ledger = {.sent = 1'234'567,
                    .understood = 1'234'000,
                    .opaque = 567,
                    .headers = 34'000,
                    .content = 1'200'000,
                    .opaque_by = {500, 0, 67},
                    .free_bits = {{"TTL or hop limit", 7000}, {"window", 1000}}};
  verdict.destinations = {{.names = {"samples.x.example", "b.x.example"},
                           .addresses = {"198.18.0.3"},
                           .protocol = "https",
                           .sent = 5567,
                           .understood = 5000,
                           .opaque = 567,
                           .first_s = 1.25,
                           .last_s = 9},
                          {.addresses = {"198.18.0.1"}, .protocol = "dns", .sent = 700, .understood = 700}};
  verdict.opaque_budget = 4096;
  verdict.control = {2, 2};
  verdict.steps.resize(2);
  for (model::StepOutcome& step : verdict.steps) step.done = true;
  verdict.run.id = "20261123-clamav";
  verdict.run.folder = "/home/eva/runs/20261123-clamav";
  verdict.run.scenario = "classified-documents";
  verdict.run.product = "clamav";
  verdict.run.version = "ClamAV 1.0.3";
  verdict.run.image = "0123456789abcdef0123456789abcdef";
  verdict.run.seed = 77;
  verdict.run.tool = "0.1.0";
  verdict.run.accelerator = "tcg";
  verdict.timing = {0.19, 12.04, 0.31, 12.54};
  return verdict;
}

Finding whole_file() {
  Finding finding;
  finding.data_class = "content/whole-file";
  finding.severity = model::Severity::critical;
  finding.document = "memo-1";
  finding.path = "/home/alex/Documents/memo-abcdef.docx";
  finding.canary = "memo-1";
  finding.channel = "https";
  finding.destination = "samples.x.example (198.18.0.3:443)";
  finding.decode = {{"gzip", 217, 3012, 5400}, {"base64", 12, 5388, 4041}};
  finding.bytes = 4041;
  finding.at_s = 3.21;
  finding.after_step = "scan: /home/alex";
  finding.evidence = "streams/00ff";
  finding.fingerprint = "0011223344556677";
  return finding;
}

Finding fragment() {
  Finding finding = whole_file();
  finding.data_class = "content/fragment";
  finding.canary = "abcdefghijklmnopqrstuvwx23";
  finding.place = "body page 2";
  finding.channel = "dns";
  finding.destination = "vendor.example (198.18.0.1:53)";
  finding.decode.clear();
  finding.offset = 13;
  finding.bytes = 26;
  finding.evidence = "frames.pcapng#12";
  return finding;
}

Verdict leaking() {
  Verdict verdict = clean();
  verdict.outcome = Outcome::leak;
  verdict.expectation_met = false;
  verdict.findings = {whole_file(), fragment()};
  verdict.reasons = {"the probe 'internet' did not finish: what it saw last may be missing"};
  return verdict;
}

TEST(Text, ShowsACleanRunWithItsBound) {
  EXPECT_EQ(render_text(clean(), false), R"(no leak observed  classified-documents on clamav ClamAV 1.0.3
expected: no leak observed (met)

destination                                    protocol             understood  unexplained          seconds
samples.x.example (+1)                         https                     5,000          567     1.2-9.0
198.18.0.1                                     dns                         700            0     0.0-0.0

ledger     1,234,567 bytes sent by the guest: 1,234,000 understood and searched, 567 unexplained
           (4,096 allowed)
           understood: 34,000 headers, 0 sent again, 0 framing, 1,200,000 content
           unexplained: 500 encrypted, 67 undecodable
           header fields left about 1,000 bytes to choose: searched as small carriers
control    2 of 2 found
steps      2 of 2 begun were done
time       fork 0.19 s, guest 12.0 s, harness 0.31 s, in all 12.5 s
run        20261123-clamav, image 0123456789abcdef, seed 77, tcg, candor 0.1.0
folder     /home/eva/runs/20261123-clamav
again      candor run /home/eva/runs/20261123-clamav/scenario.yaml clamav --seed 77
rejudge    candor rejudge /home/eva/runs/20261123-clamav
)");
}

TEST(Text, ShowsALeakWithItsProof) {
  EXPECT_EQ(render_text(leaking(), false), R"(leak  classified-documents on clamav ClamAV 1.0.3
expected: no leak observed (not met)

2 findings

1. critical  content/whole-file
   all 4,041 bytes of memo-1 (/home/alex/Documents/memo-abcdef.docx) reached samples.x.example
   (198.18.0.3:443) over https 3.2 s after the start, after 'scan: /home/alex'
   evidence   streams/00ff
   decode     gzip: 3,012 bytes at offset 217 -> 5,400 bytes
              base64: 5,388 bytes at offset 12 -> 4,041 bytes
              there at offset 0
   recognised 4,041 bytes
   id         0011223344556677

2. critical  content/fragment
   canary abcdefghijklmnopqrstuvwx23 (body page 2) of memo-1 (/home/alex/Documents/memo-abcdef.docx)
   reached vendor.example (198.18.0.1:53) over dns 3.2 s after the start, after 'scan: /home/alex'
   evidence   frames.pcapng#12
   decode     as it is, at offset 13
   recognised 26 bytes
   id         0011223344556677

There may be more than was found
  - the probe 'internet' did not finish: what it saw last may be missing

destination                                    protocol             understood  unexplained          seconds
samples.x.example (+1)                         https                     5,000          567     1.2-9.0
198.18.0.1                                     dns                         700            0     0.0-0.0

ledger     1,234,567 bytes sent by the guest: 1,234,000 understood and searched, 567 unexplained
           (4,096 allowed)
           understood: 34,000 headers, 0 sent again, 0 framing, 1,200,000 content
           unexplained: 500 encrypted, 67 undecodable
           header fields left about 1,000 bytes to choose: searched as small carriers
control    2 of 2 found
steps      2 of 2 begun were done
time       fork 0.19 s, guest 12.0 s, harness 0.31 s, in all 12.5 s
run        20261123-clamav, image 0123456789abcdef, seed 77, tcg, candor 0.1.0
folder     /home/eva/runs/20261123-clamav
again      candor run /home/eva/runs/20261123-clamav/scenario.yaml clamav --seed 77
rejudge    candor rejudge /home/eva/runs/20261123-clamav
)");
}

TEST(Text, ListsWhyThereIsNoAnswer) {
  Verdict verdict = clean();
  verdict.outcome = Outcome::inconclusive;
  verdict.expectation_met = false;
  verdict.steps[1].done = false;
  verdict.reasons = {
      "step 2 (scan: /home/alex) was not done: the scanner crashed",
      "12,345 opaque bytes were sent, 4,096 are allowed by the scenario: 12,000 to telemetry.example "
      "(198.18.0.3:443), 345 in frames of protocols that are not followed"};
  EXPECT_THAT(render_text(verdict, false), HasSubstr(R"(
Why there is no answer
  - step 2 (scan: /home/alex) was not done: the scanner crashed
  - 12,345 opaque bytes were sent, 4,096 are allowed by the scenario: 12,000 to telemetry.example
    (198.18.0.3:443), 345 in frames of protocols that are not followed

destination )"));
  EXPECT_THAT(render_text(verdict, false), HasSubstr("1 of 2 begun were done"));
}

TEST(Text, SetsDeclaredFindingsApart) {
  Verdict verdict = clean();
  Finding hash = fragment();
  hash.data_class = "derived/hash";
  hash.severity = model::Severity::medium;
  hash.canary = "sha256";
  hash.place = "hex";
  hash.declared = true;
  verdict.findings = {hash};
  const std::string page = render_text(verdict, false);
  EXPECT_THAT(page,
              HasSubstr("\n1 finding of kinds that are declared\n\n1. medium  derived/hash  (declared)\n"));
  EXPECT_THAT(page, HasSubstr("   the sha256 digest (hex) of memo-1"));
  verdict.findings.insert(verdict.findings.begin(), whole_file());
  EXPECT_THAT(render_text(verdict, false), HasSubstr("\n1 finding\n\n1. critical"));
  EXPECT_THAT(render_text(verdict, false), HasSubstr("\n2. medium"));
}

TEST(Text, SaysOfTheGuestsNamesThatTheyAreTheGuests) {
  Verdict verdict = clean();
  Finding user = fragment();
  user.data_class = "identity/user";
  user.severity = model::Severity::low;
  user.document.clear();
  user.path.clear();
  user.canary = "tamsin.dorevakin";
  user.place = "user";
  verdict.findings = {user};
  EXPECT_THAT(render_text(verdict, false), HasSubstr("   tamsin.dorevakin (user) of the guest reached "));
}

TEST(Text, NamesNamesAndPaths) {
  Verdict verdict = leaking();
  verdict.findings = {fragment()};
  verdict.findings[0].data_class = "metadata/path";
  verdict.findings[0].canary = "/home/alex/memo.docx";
  EXPECT_THAT(render_text(verdict, false), HasSubstr("   the path /home/alex/memo.docx of memo-1"));
  verdict.findings[0].data_class = "metadata/name";
  verdict.findings[0].canary = "memo.docx";
  EXPECT_THAT(render_text(verdict, false), HasSubstr("   the name memo.docx of memo-1"));
}

TEST(Text, ColorsAndChangesNothingElse) {
  std::string colored = render_text(leaking(), true);
  EXPECT_THAT(colored, HasSubstr("\033[1;31mleak\033[0m"));
  for (const std::string escape : {"\033[1;31m", "\033[1;32m", "\033[1;33m", "\033[1m", "\033[0m"})
    for (std::size_t at = colored.find(escape); at != std::string::npos; at = colored.find(escape))
      colored.erase(at, escape.size());
  EXPECT_EQ(colored, render_text(leaking(), false));
}

TEST(Text, LetsNoGuestWriteToTheTerminal) {
  const std::string evil = "\033]0;owned\a\r\n\u202e";
  Verdict verdict = leaking();
  Finding& finding = verdict.findings[0];
  for (std::string* text :
       {&finding.document, &finding.path, &finding.canary, &finding.place, &finding.channel,
        &finding.destination, &finding.after_step, &finding.evidence, &finding.fingerprint,
        &finding.decode[0].decoder, &verdict.run.version, &verdict.run.product, &verdict.run.id,
        &verdict.run.scenario, &verdict.run.tool, &verdict.run.accelerator, &verdict.run.image,
        &verdict.run.folder, &verdict.reasons[0]})
    *text = evil + *text;
  verdict.findings[1].data_class = "metadata/path";
  verdict.findings[1].canary = evil;
  const std::string page = render_text(verdict, false);
  for (const char* bad : {"\033", "\a", "\r", "\u202e"}) EXPECT_THAT(page, Not(HasSubstr(bad)));
}

TEST(Text, SaysWhenNoBytesWereKept) {
  Verdict verdict = leaking();
  verdict.findings[0].evidence.clear();
  EXPECT_THAT(render_text(verdict, false), HasSubstr("evidence   no bytes were kept\n"));
}

TEST(Text, LeavesOutCommandsOfARunWithoutAFolder) {
  Verdict verdict = clean();
  verdict.run.folder.clear();
  EXPECT_THAT(render_text(verdict, false), Not(HasSubstr("rejudge")));
}

TEST(Text, ListsAFewDestinationsAndSaysHowManyMoreThereAre) {
  Verdict verdict = clean();
  verdict.destinations.assign(15, {.names = {"x\x1b[31m.example"}, .protocol = "tcp/9"});
  const std::string text = render_text(verdict, false);
  EXPECT_THAT(text, HasSubstr("and 3 more in verdict.json"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(TextReport, NamesTheRealHostsAndWhatWasSaidThere) {
  EXPECT_THAT(render_text(clean(), false), Not(HasSubstr("real hosts")));
  Verdict verdict = clean();
  verdict.run.folder = "/runs/1";
  verdict.passthrough.allowed = {"cloud.example:443", "spare.example"};
  EXPECT_THAT(render_text(verdict, false),
              HasSubstr("  allowed: cloud.example:443, spare.example\n  none was contacted"));
  verdict.passthrough.contacted = {{.host = "cloud.example",
                                    .port = 443,
                                    .addresses = {"203.0.113.9"},
                                    .connections = 2,
                                    .failed = 1,
                                    .sent = 12'345,
                                    .received = 678}};
  const std::string text = render_text(verdict, false);
  EXPECT_THAT(text, HasSubstr("passed through to real hosts\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "  cloud.example:443: 2 connections, 1 not made, 12,345 bytes there, 678 back (203.0.113.9)\n"));
  EXPECT_THAT(text, HasSubstr("--allow-passthrough\n"))
      << "without which the command to repeat the run is refused";
}

}  // namespace
}  // namespace candor::report
