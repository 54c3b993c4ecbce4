// SPDX-License-Identifier: Apache-2.0
#include "scan/finding.h"

#include <gtest/gtest.h>

namespace candor::scan {
namespace {

FileFinding read_file_finding() { return {.file = "a", .format = "file", .bytes = 3}; }

model::Hit token_hit() {
  model::Hit hit{.kind = model::HitKind::token, .document = "memo-1", .what = "word", .place = "body page 1"};
  hit.chain.push_back({"gzip", 10, 20, 30});
  hit.offset = 4;
  hit.length = 5;
  return hit;
}

TEST(ScanFinding, AnswersByWhatIsWorstToOverlook) {
  ScanFinding finding;
  finding.files = {read_file_finding()};
  EXPECT_EQ(finding.answer(), Answer::nothing);
  finding.files[0].opaque = 3;
  EXPECT_EQ(finding.answer(), Answer::nothing);
  finding.files.push_back({.file = "b", .problem = "cannot be opened"});
  EXPECT_EQ(finding.answer(), Answer::inconclusive);
  finding.files[0].hits.push_back({"the file", 0, token_hit()});
  EXPECT_EQ(finding.answer(), Answer::found);
  finding.files = {{.file = "b", .problem = "cannot be opened"}};
  EXPECT_EQ(finding.answer(), Answer::unreadable);
  finding.files = {read_file_finding()};
  finding.files[0].not_looked_into.push_back({.where = "x", .reason = "TLS without keys"});
  EXPECT_EQ(finding.answer(), Answer::inconclusive);
  finding.files = {read_file_finding()};
  finding.files[0].problem = "the capture breaks off";
  EXPECT_EQ(finding.answer(), Answer::inconclusive);
}

TEST(ScanFinding, UnitesWhatSeveralSearchesCover) {
  std::vector<Covered> coverage;
  add_coverage(coverage, {{.document = "a", .of = 100, .parts = {{0, 10}, {50, 60}}}});
  add_coverage(coverage, {{.document = "b", .of = 7, .parts = {{0, 7}}},
                          {.document = "a", .of = 100, .parts = {{5, 20}, {60, 70}}}});
  ASSERT_EQ(coverage.size(), 2U);
  EXPECT_EQ(coverage[0].found(), 40U);
  EXPECT_EQ(coverage[0].parts.size(), 2U);
  EXPECT_EQ(coverage[1].found(), 7U);
}

TEST(ScanFinding, JsonHoldsEveryMemberUnderItsName) {
  ScanFinding finding;
  finding.files = {read_file_finding()};
  finding.files[0].hits.push_back({"the file", 7, token_hit()});
  finding.files[0].not_looked_into.push_back({.where = "w", .reason = "r", .bytes = 9});
  finding.files[0].notes.push_back({"n", "s"});
  add_coverage(finding.coverage, {{.document = "a", .of = 100, .parts = {{0, 10}}}});
  EXPECT_EQ(
      dump_json(to_json(finding)),
      R"({"answer":"found","coverage":[{"document":"a","found":10,"of":100,"parts":[{"begin":0,"end":10}]}],)"
      R"("files":[{"bytes":3,"file":"a","format":"file","hits":[{"decode":[{"decoder":"gzip","length":20,)"
      R"("offset":10,"produced":30}],"document":"memo-1","frame":7,"kind":"token","length":5,"offset":4,)"
      R"("place":"body page 1","what":"word","where":"the file"}],"more_hits":0,)"
      R"("not_looked_into":[{"bytes":9,"decode":[],"reason":"r","times":1,"where":"w"}],)"
      R"("notes":[{"sentence":"s","where":"n"}],"opaque":0,"packets":0,"problem":"","searched":0}],)"
      R"("format":"candor.scan/1"})");
}

TEST(ScanFinding, TextNamesTheDecodeChainWithAllOffsets) {
  ScanFinding finding;
  finding.files = {read_file_finding()};
  finding.files[0].hits.push_back({"tcp 1.2.3.4:5 > 6.7.8.9:10", 7, token_hit()});
  model::Manifest manifest;
  manifest.documents.push_back({.id = "memo-1", .spec = "memo", .path = "/home/alex/memo.txt"});
  const std::string text = render_text(finding, manifest, false);
  for (const char* part :
       {"found  1 hit in 1 file", "token word (body page 1) of memo-1 (/home/alex/memo.txt)",
        "tcp 1.2.3.4:5 > 6.7.8.9:10, packet 7", "gzip: 20 bytes at offset 10 -> 30 bytes",
        "there at offset 4, 5 bytes"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(ScanFinding, TextLetsNothingOfAFileActOnATerminal) {
  const std::string evil = "x\033[2J\r\n\xe2\x80\xae";
  ScanFinding finding;
  finding.files = {{.file = evil, .format = "file", .problem = evil}};
  Found found{evil, 1, token_hit()};
  found.hit.what = found.hit.document = found.hit.place = found.hit.chain[0].decoder = evil;
  finding.files[0].hits.push_back(found);
  finding.files[0].not_looked_into.push_back({.where = evil, .reason = evil, .chain = found.hit.chain});
  finding.files[0].notes.push_back({evil, evil});
  add_coverage(finding.coverage, {{.document = evil, .of = 100, .parts = {{0, 10}}}});
  for (const char c : render_text(finding, {}, false))
    EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'));
  EXPECT_EQ(render_text(finding, {}, false).find("\xe2\x80\xae"), std::string::npos);
}

}  // namespace
}  // namespace candor::scan
