// SPDX-License-Identifier: Apache-2.0
#include "judge/findings.h"
#include "judge/judge.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "clean_evidence.h"

namespace candor::judge {
namespace {

using namespace test;
using model::Evidence;
using model::Finding;
using model::HitKind;
using testing::ElementsAre;

std::vector<std::string> classes(const Evidence& evidence) {
  std::vector<std::string> names;
  for (const Finding& finding : observe(evidence).findings) names.push_back(finding.data_class);
  return names;
}

model::FrameFinding in_frame(const std::string& channel, const std::string& destination,
                             const model::Hit& found) {
  model::FrameFinding made;
  made.channel = channel;
  made.destination = destination;
  made.frame = 12;
  made.wall_ns = kStartWall + 2 * kSecond;
  made.found.hits = {found};
  return made;
}

TEST(Findings, SayWhatWhenWhereAndHow) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, leaking_stream());
  const Observed observed = observe(evidence);
  ASSERT_EQ(observed.findings.size(), 1U);
  const Finding& finding = observed.findings[0];
  EXPECT_EQ(finding.data_class, "content/whole-file");
  EXPECT_EQ(finding.severity, model::Severity::critical);
  EXPECT_FALSE(finding.declared);
  EXPECT_EQ(finding.document, "memo-1");
  EXPECT_EQ(finding.path, "/home/alex/Documents/memo-1.docx");
  EXPECT_EQ(finding.canary, "whole file");
  EXPECT_EQ(finding.channel, "https");
  EXPECT_EQ(finding.destination, "samples.example (198.18.0.7:443)");
  ASSERT_EQ(finding.decode.size(), 1U);
  EXPECT_EQ(finding.decode[0].decoder, "gzip");
  EXPECT_EQ(finding.offset, 100U);
  EXPECT_EQ(finding.bytes, 5000U);
  EXPECT_DOUBLE_EQ(finding.at_s, 3.25);
  EXPECT_EQ(finding.after_step, "scan: /home/alex");
  EXPECT_EQ(finding.evidence, "streams/" + evidence.streams.back().sha256);
  const std::string identity = "content/whole-file|memo|https|samples.example";
  EXPECT_EQ(finding.fingerprint, sha256_hex(as_bytes(identity)).substr(0, 16));
}

TEST(Findings, GradeEachKind) {
  struct Row {
    HitKind kind;
    const char* name;
    model::Severity severity;
  };
  for (const Row& row : {Row{HitKind::whole_file, "content/whole-file", model::Severity::critical},
                         Row{HitKind::token, "content/fragment", model::Severity::critical},
                         Row{HitKind::hash, "derived/hash", model::Severity::medium},
                         Row{HitKind::name, "metadata/name", model::Severity::high},
                         Row{HitKind::path, "metadata/path", model::Severity::high}}) {
    Evidence evidence = clean_evidence();
    add_stream(evidence, https_stream(5, "x.example", "198.18.0.5", 100, 1)).found.hits = {
        hit(row.kind, "memo-1")};
    const Observed observed = observe(evidence);
    ASSERT_EQ(observed.findings.size(), 1U) << row.name;
    EXPECT_EQ(observed.findings[0].data_class, row.name);
    EXPECT_EQ(observed.findings[0].severity, row.severity);
  }
}

TEST(Findings, MergeTokensOfOneDocumentIntoOneWithTheBestProofAndTheEarliestTime) {
  Evidence evidence = clean_evidence();
  model::Stream early = https_stream(5, "x.example", "198.18.0.5", 100, 1);
  early.found.hits = {hit(HitKind::token, "memo-1", std::string(26, 'a'))};
  early.found.hits[0].chain = {{"gzip", 0, 9, 9}, {"base64", 0, 9, 9}};
  model::Stream late = https_stream(6, "x.example", "198.18.0.5", 100, 2);
  late.found.hits = {hit(HitKind::token, "memo-1", std::string(26, 'a')),
                     hit(HitKind::token, "memo-1", std::string(26, 'b'))};
  add_stream(evidence, early);
  add_stream(evidence, late);
  const Observed observed = observe(evidence);
  ASSERT_EQ(observed.findings.size(), 1U);
  EXPECT_EQ(observed.findings[0].bytes, 52U);
  EXPECT_TRUE(observed.findings[0].decode.empty());
  EXPECT_DOUBLE_EQ(observed.findings[0].at_s, 1.0);
  EXPECT_EQ(observed.findings[0].after_step, "plant: memo");
  EXPECT_EQ(observed.findings[0].evidence, "streams/" + late.sha256);
}

TEST(Findings, KeepDocumentsChannelsAndDestinationsApart) {
  Evidence evidence = clean_evidence();
  const auto leak = [&](std::int64_t number, const char* name, const char* document, bool tls,
                        std::uint16_t port) {
    model::Stream stream = https_stream(number, name, "198.18.0.5", 100, number);
    stream.tls = tls;
    stream.destination.port = port;
    stream.found.hits = {hit(HitKind::token, document)};
    add_stream(evidence, stream);
  };
  leak(5, "a.example", "memo-1", true, 443);
  leak(6, "a.example", "memo-2", true, 443);
  leak(7, "b.example", "memo-1", true, 443);
  leak(8, "a.example", "memo-1", false, 80);
  leak(9, "a.example", "memo-1", true, 8443);
  leak(10, "A.example.", "memo-1", true, 443);  // the first again
  std::vector<std::string> channels;
  for (const Finding& finding : observe(evidence).findings)
    channels.push_back(finding.document + " " + finding.channel + " " + finding.destination);
  EXPECT_THAT(
      channels,
      ElementsAre("memo-1 https a.example (198.18.0.5:443)", "memo-2 https a.example (198.18.0.5:443)",
                  "memo-1 https b.example (198.18.0.5:443)", "memo-1 http a.example (198.18.0.5:80)",
                  "memo-1 https/8443 a.example (198.18.0.5:8443)"));
}

TEST(Findings, NameTheChannelByProtocolAndPort) {
  Evidence evidence = clean_evidence();
  model::Stream raw = https_stream(5, "", "198.18.0.5", 100, 1);
  raw.server_name.clear();
  raw.protocol = "unknown";
  raw.tls = false;
  raw.destination.port = 9999;
  raw.found.hits = {hit(HitKind::token, "memo-1")};
  add_stream(evidence, raw);
  raw.number = 6;
  raw.tls = true;
  add_stream(evidence, raw);
  raw.number = 7;
  raw.tls = false;
  raw.protocol = "dns";
  raw.destination.port = 53;
  add_stream(evidence, raw);
  raw.number = 8;
  raw.tls = true;
  raw.protocol = "h2";
  raw.destination.port = 443;
  add_stream(evidence, raw);
  std::vector<std::string> channels;
  for (const Finding& finding : observe(evidence).findings)
    channels.push_back(finding.channel + " to " + finding.destination);
  EXPECT_THAT(channels, ElementsAre("dns over tcp to 198.18.0.5:53", "https to 198.18.0.5:443",
                                    "tcp/9999 to 198.18.0.5:9999", "tls/9999 to 198.18.0.5:9999"));
}

TEST(Findings, NameTheProtocolByWhichItLeftAndThePortOnlyWhereItIsUnusual) {
  const auto channel = [](const char* protocol, std::uint16_t port, bool tls) {
    Evidence evidence = clean_evidence();
    model::Stream stream = https_stream(5, "x.example", "198.18.0.5", 100, 1);
    stream.protocol = protocol;
    stream.destination.port = port;
    stream.tls = tls;
    stream.found.hits = {hit(HitKind::token, "memo-1")};
    add_stream(evidence, stream);
    return observe(evidence).findings.at(0).channel;
  };
  EXPECT_EQ(channel("smtp", 587, true), "smtp over tls");
  EXPECT_EQ(channel("smtp", 2525, false), "smtp/2525");
  EXPECT_EQ(channel("mqtt", 9000, true), "mqtt/9000 over tls");
  EXPECT_EQ(channel("ftp-data", 49153, true), "ftp-data over tls") << "its port is another each time";
  EXPECT_EQ(channel("websocket", 443, true), "websocket over tls");
  EXPECT_EQ(channel("dns", 853, true), "dns over tls");
  EXPECT_EQ(channel("text", 25, false), "tcp/25") << "nothing that is known was spoken there";
}

TEST(Findings, TellOfFilesAtRestWhatTheyHoldAndOnlyMentionWhatTheyName) {
  Evidence evidence = clean_evidence();
  model::Blob blob{.probe = "disk",
                   .id = "inode-7",
                   .about = "at-rest",
                   .complete = true,
                   .type = "disk.file/1",
                   .data = {{"path", "/var/log/scan.log"}}};
  blob.found.hits = {hit(HitKind::path, "memo-1", "/home/alex/Documents/memo-1.docx"),
                     hit(HitKind::token, "memo-2")};
  evidence.blobs = {blob};
  const auto findings = observe(evidence).findings;
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].data_class, "content/at-rest");
  EXPECT_EQ(findings[0].reach, model::Reach::kept);
  EXPECT_EQ(findings[1].data_class, "metadata/path");
  EXPECT_EQ(findings[1].reach, model::Reach::seen) << "a scanner's log says what it scanned";
}

TEST(Findings, CountTheTokensOfAWholeFileAsPartOfIt) {
  Evidence evidence = clean_evidence();
  model::Stream stream = leaking_stream();
  stream.found.hits.push_back(hit(HitKind::name, "memo-1", "memo-1.docx"));
  stream.found.hits.push_back(hit(HitKind::name, "memo-1", "memo-1.docx"));
  stream.found.hits.push_back(hit(HitKind::token, "memo-2"));
  add_stream(evidence, stream);
  EXPECT_THAT(classes(evidence), ElementsAre("content/fragment", "content/whole-file", "metadata/name"));
}

TEST(Findings, CountANameInsideAPathAsPartOfIt) {
  Evidence evidence = clean_evidence();
  model::Hit path = hit(HitKind::path, "memo-1", "/home/alex/Documents/memo-1.docx");
  model::Hit name = hit(HitKind::name, "memo-1", "memo-1.docx");
  name.offset = path.offset + 21;
  add_stream(evidence, https_stream(5, "x.example", "198.18.0.5", 100, 1)).found.hits = {name, path};
  EXPECT_THAT(classes(evidence), ElementsAre("metadata/path"));
  evidence.streams.back().found.hits[0].offset = 500;
  EXPECT_THAT(classes(evidence), ElementsAre("metadata/name", "metadata/path"));
}

TEST(Findings, OfWhatProbesHandedOverCountAsTheySay) {
  for (const auto& [about, outcome] :
       {std::pair("left", model::Outcome::leak), std::pair("kept", model::Outcome::inconclusive),
        std::pair("seen", model::Outcome::no_leak_observed)}) {
    Evidence evidence = clean_evidence();
    evidence.blobs.push_back({.probe = "usb", .id = "/media/a", .about = about, .complete = true});
    evidence.blobs.back().found.hits = {hit(HitKind::token, "memo-1", "canary-of-memo-1")};
    const model::Verdict verdict = judge(evidence);
    EXPECT_EQ(verdict.outcome, outcome) << about;
    ASSERT_EQ(verdict.findings.size(), 1U);
    EXPECT_STREQ(text(verdict.findings[0].reach), about);
    EXPECT_EQ(verdict.findings[0].channel, "probe usb");
  }
}

TEST(Findings, AreNotMadeOfControlsThatCameToTheirHost) {
  const Observed observed = observe(clean_evidence());
  EXPECT_TRUE(observed.findings.empty());
  EXPECT_EQ(observed.controls_found, std::vector<bool>{true});
}

TEST(Findings, AreMadeOfControlDocumentsAnywhereElse) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, https_stream(5, "samples.example", "198.18.0.5", 100, 1)).found.hits = {
      hit(HitKind::token, "control-1")};
  const Observed observed = observe(evidence);
  ASSERT_EQ(observed.findings.size(), 1U);
  EXPECT_EQ(observed.findings[0].document, "control-1");
}

TEST(Findings, AreMadeOfOtherDocumentsAtAControlHost) {
  Evidence evidence = clean_evidence();
  evidence.streams[0].found.hits.push_back(hit(HitKind::token, "memo-1"));
  EXPECT_THAT(classes(evidence), ElementsAre("content/fragment"));
}

TEST(Findings, DoNotBelieveAServerNameThatTheAddressWasNotGivenOutFor) {
  Evidence evidence = clean_evidence();
  model::Stream stream = https_stream(5, "samples.example", "198.18.0.5", 100, 1);
  stream.server_name = kControlHost;
  stream.found.hits = {hit(HitKind::token, "control-1")};
  add_stream(evidence, stream);
  const Observed observed = observe(evidence);
  ASSERT_EQ(observed.findings.size(), 1U);
  EXPECT_EQ(observed.findings[0].destination,
            std::string(kControlHost) + ", looked up as samples.example (198.18.0.5:443)");
}

TEST(Findings, AControlCountsOnlyAtItsOwnHost) {
  Evidence evidence = clean_evidence();
  evidence.manifest.documents.push_back(document("control-2", "control"));
  evidence.controls.push_back({"control-2", "control-2.example", true, ""});
  evidence.streams[0].found.hits.push_back(hit(HitKind::whole_file, "control-2"));
  EXPECT_EQ(observe(evidence).controls_found, (std::vector<bool>{true, false}));
}

TEST(Findings, OfFramesNameTheFrameAndTheDomain) {
  Evidence evidence = clean_evidence();
  evidence.frames.findings = {
      in_frame("dns", "vendor.example (198.18.0.1:53)", hit(HitKind::token, "memo-1")),
      in_frame("icmp", "198.18.0.3", hit(HitKind::token, "memo-1"))};
  const Observed observed = observe(evidence);
  ASSERT_EQ(observed.findings.size(), 2U);
  EXPECT_EQ(observed.findings[0].channel, "dns");
  EXPECT_EQ(observed.findings[0].destination, "vendor.example (198.18.0.1:53)");
  EXPECT_EQ(observed.findings[0].evidence, "frames.pcapng#12");
  EXPECT_EQ(observed.findings[0].fingerprint,
            sha256_hex(as_bytes("content/fragment|memo|dns|vendor.example")).substr(0, 16));
  EXPECT_EQ(observed.findings[1].destination, "updates.example (198.18.0.3)");
}

TEST(Findings, OfADatagramInFrameAndStreamAreOne) {
  Evidence evidence = clean_evidence();
  evidence.streams[2].found.hits = {hit(HitKind::token, "memo-1")};
  evidence.frames.findings = {in_frame("udp/123", "198.18.0.9:123", hit(HitKind::token, "memo-1"))};
  const Observed observed = observe(evidence);
  ASSERT_EQ(observed.findings.size(), 1U);
  EXPECT_EQ(observed.findings[0].channel, "udp/123");
  EXPECT_EQ(observed.findings[0].destination, "time.example (198.18.0.9:123)");
  EXPECT_EQ(observed.findings[0].evidence, "streams/" + evidence.streams[2].sha256);
}

TEST(Findings, ComeMostSevereFirstThenInOrderOfTime) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, https_stream(5, "a.example", "198.18.0.5", 9, 1)).found.hits = {
      hit(HitKind::hash, "memo-1")};
  add_stream(evidence, https_stream(6, "b.example", "198.18.0.6", 9, 5)).found.hits = {
      hit(HitKind::token, "memo-1")};
  add_stream(evidence, https_stream(7, "c.example", "198.18.0.7", 9, 4)).found.hits = {
      hit(HitKind::whole_file, "memo-1")};
  add_stream(evidence, https_stream(8, "d.example", "198.18.0.8", 9, 2)).found.hits = {
      hit(HitKind::path, "memo-1")};
  EXPECT_THAT(classes(evidence),
              ElementsAre("content/whole-file", "content/fragment", "metadata/path", "derived/hash"));
}

model::Hit identity(const std::string& place, const std::string& value) {
  model::Hit made = hit(HitKind::identity, "", value);
  made.place = place;
  return made;
}

TEST(Findings, TellTheNamesOfAGuestApart) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, https_stream(5, "x.example", "198.18.0.5", 100, 1)).found.hits = {
      identity("user", "tamsin.dorevakin"), identity("host", "kavoren-lt-4182"),
      identity("machine id", std::string(32, 'a')),
      identity("machine id, its 16 bytes", std::string(32, 'a'))};
  const Observed observed = observe(evidence);
  ASSERT_THAT(classes(evidence), ElementsAre("identity/host", "identity/machine-id", "identity/user"));
  EXPECT_EQ(observed.findings[0].canary, "kavoren-lt-4182");
  EXPECT_EQ(observed.findings[2].canary, "tamsin.dorevakin");
  for (const Finding& finding : observed.findings) EXPECT_FALSE(finding.declared) << finding.data_class;
}

TEST(Findings, OfADigestOfAnIdentityAreOfThatIdentity) {
  for (const auto& [what, data_class] :
       {std::pair{"sha256 of user in lower case", "identity/user"}, std::pair{"md5 of host", "identity/host"},
        std::pair{"sha1 of machine id, its 16 bytes", "identity/machine-id"}}) {
    Evidence evidence = clean_evidence();
    add_stream(evidence, https_stream(5, "x.example", "198.18.0.5", 100, 1)).found.hits = {
        hit(HitKind::hash, "", what)};
    EXPECT_THAT(classes(evidence), ElementsAre(data_class));
  }
}

TEST(Findings, OfAHostThatMakesItselfKnownToItsLinkAreTheSystemsOwn) {
  for (const auto& [channel, destination] :
       std::vector<std::pair<const char*, const char*>>{{"dhcp", "255.255.255.255"},
                                                        {"dhcp", "ff02::1:2"},
                                                        {"llmnr", "224.0.0.252:5355"},
                                                        {"llmnr", "[ff02::1:3]:5355"},
                                                        {"mdns", "224.0.0.251:5353"},
                                                        {"mdns", "[ff02::fb]:5353"}}) {
    Evidence evidence = clean_evidence();
    evidence.frames.findings = {in_frame(channel, destination, identity("host", "kavoren-lt-4182"))};
    const Observed observed = observe(evidence);
    ASSERT_EQ(observed.findings.size(), 1U);
    EXPECT_EQ(observed.findings[0].data_class, "operational/host-name") << channel;
    EXPECT_TRUE(observed.findings[0].declared) << channel;
  }
}

TEST(Findings, OfAHostThatMakesItselfKnownAnywhereElseCount) {
  for (const auto& [channel, destination] :
       std::vector<std::pair<const char*, const char*>>{{"dhcp", "198.18.0.9"},
                                                        {"llmnr", "198.18.0.9:5355"},
                                                        {"udp/9999", "224.0.0.252:9999"},
                                                        {"mdns", "255.255.255.255:5353"},
                                                        {"dns", "vendor.example (198.18.0.1:53)"},
                                                        {"icmp", "224.0.0.252"}}) {
    Evidence evidence = clean_evidence();
    evidence.frames.findings = {in_frame(channel, destination, identity("host", "kavoren-lt-4182"))};
    EXPECT_THAT(classes(evidence), ElementsAre("identity/host")) << channel;
    EXPECT_FALSE(observe(evidence).findings[0].declared) << channel;
  }
}

TEST(Findings, OfAnythingButAHostsNameCountWhereHostsMakeThemselvesKnown) {
  Evidence evidence = clean_evidence();
  evidence.frames.findings = {
      in_frame("dhcp", "255.255.255.255", identity("user", "tamsin.dorevakin")),
      in_frame("dhcp", "255.255.255.255", identity("machine id", std::string(32, 'a'))),
      in_frame("dhcp", "255.255.255.255", hit(HitKind::token, "memo-1"))};
  EXPECT_THAT(classes(evidence), ElementsAre("content/fragment", "identity/machine-id", "identity/user"));
  for (const Finding& finding : observe(evidence).findings)
    EXPECT_FALSE(finding.declared) << finding.data_class;
}

TEST(Findings, NameNoStepWhereTheClocksCannotBeCompared) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, leaking_stream());
  evidence.run.started_mono_ns = 0;
  EXPECT_EQ(observe(evidence).findings.at(0).after_step, "");
  evidence = clean_evidence();
  model::Stream early = leaking_stream();
  early.opened_wall_ns = kStartWall + kSecond / 2;
  add_stream(evidence, early);
  EXPECT_EQ(observe(evidence).findings.at(0).after_step, "");
}

TEST(Findings, OfDocumentsNotInTheManifestAreKept) {
  Evidence evidence = clean_evidence();
  add_stream(evidence, https_stream(5, "x.example", "198.18.0.5", 9, 1)).found.hits = {
      hit(HitKind::token, "ghost")};
  ASSERT_EQ(observe(evidence).findings.size(), 1U);
  EXPECT_EQ(observe(evidence).findings[0].path, "");
}

}  // namespace
}  // namespace candor::judge
