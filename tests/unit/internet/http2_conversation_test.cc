// SPDX-License-Identifier: Apache-2.0
#include "internet/http2_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "rig.h"

namespace candor::internet {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string frame(int type, int flags, std::uint32_t stream, const std::string& payload) {
  std::string text;
  const auto number = [&](std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
  };
  number(payload.size(), 3);
  number(static_cast<std::uint64_t>(type), 1);
  number(static_cast<std::uint64_t>(flags), 1);
  number(stream, 4);
  return text + payload;
}

std::string field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) +
         value;
}

const std::string kPreface(Http2Frames::kPreface);
const std::string kSettings = frame(4, 0, 0, "");
const std::string kPost = field(":method", "POST") + field(":scheme", "https") +
                          field(":authority", "api.example") + field(":path", "/up") +
                          field("content-type", "application/grpc");

struct H2Rig : Rig {
  Http2Conversation conversation{{services,
                                  {.transport = "tcp", .name = "a.example"},
                                  {},
                                  true,
                                  [] {},
                                  [] { return std::int64_t{77}; }}};
  std::string left;
  std::size_t elsewhere = 0;
  std::string output;
  void receive(std::string_view bytes) {
    Conversation::Reply reply = conversation.receive(as_bytes(bytes));
    left += reply.apart->left;
    elsewhere += reply.apart->elsewhere;
    output += reply.bytes;
  }
  std::string content(const Json& stream) {
    return read_text(folder.path() / stream["sha256"].get<std::string>());
  }
};

TEST(Http2Conversation, KeepsEachRequestAsAStreamOfItsOwnWithItsFieldsReadable) {
  H2Rig rig;
  const std::string headers = frame(1, 4, 1, kPost);
  const std::string data = frame(0, 0, 1, "TOP ") + frame(0, 0, 1, "SECRET");
  const std::string trailers = frame(1, 5, 1, field("x-sum", "9"));
  rig.receive(kPreface + kSettings + headers + data + trailers);
  const Json stream = rig.reporter.of(event::kStream).at(0);
  EXPECT_EQ(
      rig.content(stream),
      "POST /up HTTP/1.1\r\nHost: api.example\r\n:scheme: https\r\ncontent-type: application/grpc\r\n\r\nTOP "
      "SECRET\r\nx-sum: 9\r\n");
  EXPECT_EQ(stream["within"], 77);
  EXPECT_EQ(stream["protocol"], "h2");
  EXPECT_EQ(stream["ended"], "eof");
  EXPECT_EQ(stream["content_bytes"], 10);
  EXPECT_EQ(stream["wire_bytes"], headers.size() + data.size() + trailers.size());
  EXPECT_EQ(rig.left, kPreface + kSettings);
  EXPECT_EQ(rig.elsewhere, stream["wire_bytes"]);
  const Json request = rig.reporter.of(event::kRequest).at(0);
  EXPECT_EQ(request["version"], "h2");
  EXPECT_EQ(request["body_bytes"], 10);
  EXPECT_EQ(request["stream"], stream["stream"]);
}

TEST(Http2Conversation, SortsEveryByteTheSameWhereverTheConnectionIsCut) {
  const std::string all = kPreface + kSettings +
                          frame(1, 0x2c, 1, std::string("\x03\0\0\0\0\x10", 6) + kPost + "pad") +
                          frame(0, 8, 1, std::string("\x02one", 4) + "xx") + frame(6, 0, 0, "12345678") +
                          frame(0, 1, 1, "two") + frame(0x55, 3, 1, "unknown") + frame(0, 0, 1, "late");
  H2Rig whole;
  whole.receive(all);
  EXPECT_THAT(whole.left, HasSubstr("12345678"));
  EXPECT_THAT(whole.left, HasSubstr("unknown"));
  EXPECT_THAT(whole.left, EndsWith("late")) << "of a request that had ended";
  EXPECT_THAT(whole.content(whole.reporter.of(event::kStream).at(0)), EndsWith("\r\n\r\nonetwo"));
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    H2Rig rig;
    rig.receive(all.substr(0, cut));
    rig.receive(all.substr(cut));
    ASSERT_EQ(rig.left, whole.left) << cut;
    ASSERT_EQ(rig.left.size() + rig.elsewhere, all.size());
    ASSERT_EQ(rig.reporter.of(event::kStream).at(0)["sha256"],
              whole.reporter.of(event::kStream).at(0)["sha256"]);
  }
}

TEST(Http2Conversation, LeavesWhatBreaksTheProtocolToTheConnectionsStream) {
  H2Rig rig;
  const std::string bad = frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff\xff\xff SECRET");
  rig.receive(kPreface + kSettings + bad + frame(0, 0, 3, "to nobody"));
  EXPECT_EQ(rig.left, kPreface + kSettings + bad + frame(0, 0, 3, "to nobody"));
  EXPECT_EQ(rig.elsewhere, 0U);
  EXPECT_EQ(rig.conversation.over("eof"), "");
}

TEST(Http2Conversation, EndsAWholeConnectionWithoutLosingTheBeginOfAFrame) {
  H2Rig rig;
  const std::string begun = frame(1, 0, 1, kPost) + std::string("\0\0\x05", 3);
  rig.receive(kPreface + kSettings + begun);
  EXPECT_EQ(rig.left + rig.conversation.over("reset"), kPreface + kSettings + begun);
  EXPECT_EQ(rig.reporter.of(event::kStream).at(0)["ended"], "reset");
}

TEST(Http2Conversation, GivesUpOnFieldsWithoutEnd) {
  H2Rig rig;
  rig.receive(kPreface + kSettings);
  // One large field in the table, then a byte for each repetition.
  std::string bomb =
      std::string(1, '\x40') + '\x01' + 'x' + std::string("\x7f\x81\x1e", 3) + std::string(4000, 'b');
  bomb += std::string(8000, '\xbe');
  rig.receive(frame(1, 5, 1, kPost + bomb));
  std::uint64_t kept = 0;
  for (const Json& stream : rig.reporter.of(event::kStream)) kept += stream["bytes"].get<std::uint64_t>();
  EXPECT_LT(kept, 2 * Http2Stream::kFieldsBound);
  EXPECT_THAT(rig.left, HasSubstr(std::string(4000, 'b')))
      << "not all of it was decoded, so it stays as it came";
}

}  // namespace
}  // namespace candor::internet
