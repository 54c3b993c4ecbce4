// SPDX-License-Identifier: Apache-2.0
//
// Bytes that probes hand over with their events.
#include "base/hash.h"
#include "collect/blob_keeper.h"
#include "sdk/wire_format.h"
#include "unit/collect/rig.h"

namespace candor::collect {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Blobs : public Rig {
 protected:
  static Json member(const std::string& id, std::int64_t offset, bool last, const char* about = "left") {
    return {{"id", id}, {"offset", offset}, {"last", last}, {"about", about}};
  }
  static void send(RawProbe& probe, std::int64_t seq, const Json& blob, const std::string& bytes) {
    Json body = RawProbe::event_body(seq);
    body["blob"] = blob;
    probe.send_frames({"EVENT", dump_json(body), bytes});
  }
  std::vector<model::Blob> kept() { return read_blobs(folder_.path() / kStoreFile); }
  fs::path file(const std::string& content) {
    return folder_.path() / kBlobFolder / sha256_hex(as_bytes(content));
  }
  /// The code of the REJECT that answers the third event, a piece sent after two good ones of four bytes
  /// each.
  Json rejection(const Json& blob, const std::string& bytes) {
    start();
    RawProbe probe(collector_->endpoint());
    probe.hello("spy");
    send(probe, 1, member("a", 0, false), "0123");
    send(probe, 2, member("a", 4, false), "4567");
    send(probe, 3, blob, bytes);
    return probe.expect("REJECT");
  }
};

TEST_F(Blobs, AreKeptByTheirHashInTheOrderOfTheirPieces) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("spy");
  send(probe, 1, member("a", 0, false), "one, ");
  send(probe, 2, member("b", 0, true, "kept"), "another");
  send(probe, 3, member("a", 5, false), "");
  send(probe, 4, member("a", 5, true), "two");
  while (probe.expect("ACK").at("seq") != 4) {
  }
  EXPECT_EQ(read_text(file("one, two")), "one, two");
  EXPECT_EQ(read_text(file("another")), "another");
  probe.fin(4);
  probe.expect("FIN_ACK");
  collector_->close();
  const std::vector<model::Blob> blobs = kept();
  ASSERT_EQ(blobs.size(), 2U);
  EXPECT_EQ(blobs[0].id, "a");
  EXPECT_EQ(blobs[0].about, "left");
  EXPECT_EQ(blobs[0].size, 8U);
  EXPECT_EQ(blobs[0].type, "test.event/1");
  EXPECT_TRUE(blobs[0].complete);
  EXPECT_EQ(blobs[1].about, "kept");
}

TEST_F(Blobs, WhoseLastPieceNeverCameAreKeptAsFarAsTheyCame) {
  start();
  RawProbe probe(collector_->endpoint());
  probe.hello("spy");
  send(probe, 1, member("a", 0, false), "half");
  while (probe.expect("ACK").at("seq") != 1) {
  }
  collector_->close();
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_FALSE(kept()[0].complete);
  EXPECT_EQ(kept()[0].sha256, sha256_hex(as_bytes(std::string_view("half"))));
  EXPECT_EQ(read_text(file("half")), "half");
}

TEST_F(Blobs, MustGoOnWhereTheyEnd) {
  const Json reject = rejection(member("a", 6, false), "89");
  EXPECT_EQ(reject.at("code"), "blob");
  EXPECT_EQ(reject.at("sentence"), "the blob 'a' goes on at 6, not at 8");
}

TEST_F(Blobs, MustSayTheSameOfAllTheirBytes) {
  EXPECT_EQ(rejection(member("a", 8, false, "seen"), "89").at("sentence"),
            "the blob 'a' was said to be 'left' before");
}

TEST_F(Blobs, MustBeAnnouncedInTheEventAndHaveASoundMember) {
  EXPECT_EQ(rejection(Json{{"id", ""}, {"offset", 0}, {"last", true}, {"about", "left"}}, "x").at("code"),
            "malformed");
}

TEST_F(Blobs, AreBoundedInPieceAndNumber) {
  start();
  RawProbe large(collector_->endpoint());
  large.hello("large");
  send(large, 1, member("a", 0, true), std::string(kMaxBlobPiece + 1, 'x'));
  EXPECT_EQ(large.expect("REJECT").at("code"), "too-large");
  RawProbe many(collector_->endpoint());
  many.hello("many");
  for (std::size_t i = 0; i <= kMaxOpenBlobs; ++i)
    send(many, static_cast<std::int64_t>(i) + 1, member("blob-" + std::to_string(i), 0, false), "x");
  EXPECT_THAT(many.expect("REJECT").at("sentence").get<std::string>(), HasSubstr("256 blobs open already"));
}

TEST_F(Blobs, FrameAndMemberComeTogetherOrNotAtAll) {
  start();
  RawProbe bare(collector_->endpoint());
  bare.hello("bare");
  bare.send_frames({"EVENT", dump_json(RawProbe::event_body(1)), "bytes"});
  EXPECT_EQ(bare.expect("REJECT").at("code"), "malformed");
  RawProbe ping(collector_->endpoint());
  ping.hello("ping");
  ping.send_frames({"PING", R"({"sent_ns":1,"last_seq":0,"queued":0,"dropped":0})", "bytes"});
  EXPECT_EQ(ping.expect("REJECT").at("sentence"), "only an EVENT may have a third frame");
}

TEST_F(Blobs, GoOnWhereTheyWereAfterACollectorThatDiedWhileWriting) {
  {
    start();
    RawProbe probe(collector_->endpoint());
    probe.hello("spy", "00000000-0000-4000-8000-000000000001");
    send(probe, 1, member("a", 0, false), "stored, ");
    while (probe.expect("ACK").at("seq") != 1) {
    }
    collector_.reset();  // without close()
  }
  // What was written and not committed.
  const fs::path part = folder_.path() / kBlobFolder / ".part-1";
  ASSERT_TRUE(fs::exists(part));
  write_file(part, std::string_view("stored, and torn"));
  start();
  RawProbe probe(collector_->endpoint());
  const Json welcome = probe.hello("spy", "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(welcome.at("resume_from"), 2);
  send(probe, 2, member("a", 8, true), "whole");
  EXPECT_TRUE(eventually([&] { return fs::exists(file("stored, whole")); }));
  collector_->close();
  EXPECT_EQ(kept().at(0).size, 13U);
}

TEST_F(Blobs, OfTheLibraryAreCutIntoPiecesAndPutTogetherAgain) {
  start();
  std::string content;
  for (int i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i) + " ";
  {
    probe::Probe probe(
        {.collector = collector_->endpoint(), .name = "spy", .version = "1", .event_types = {"a.b/1"}});
    probe.report_blob("a.b/1", {{"n", 1}}, "large", content, probe::About::kept);
    probe.report_blob("a.b/1", {{"n", 2}}, "small", "be", probe::About::left, false);
    probe.report_blob("a.b/1", {{"n", 3}}, "small", "gin", probe::About::left);
    EXPECT_TRUE(probe.finish());
  }
  collector_->close();
  EXPECT_EQ(read_text(file(content)), content);
  EXPECT_EQ(read_text(file("begin")), "begin");
  EXPECT_EQ(account("spy").events, 6);
}

TEST(Protocol, BoundsBlobsTheSameOnBothSides) {
  EXPECT_EQ(collect::kMaxBlobPiece, probe::kMaxBlobPiece);
  EXPECT_EQ(collect::kMaxBlobId, probe::kMaxBlobId);
}

}  // namespace
}  // namespace candor::collect
