// SPDX-License-Identifier: Apache-2.0
#include "internet/websocket_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "rig.h"

namespace candor::internet {
namespace {

using testing::HasSubstr;

std::string frame(int opcode, const std::string& payload, bool final = true) {
  std::string text;
  text += static_cast<char>((final ? 0x80 : 0) | opcode);
  text += static_cast<char>(0x80 | payload.size());
  text += "MASK";
  for (std::size_t i = 0; i < payload.size(); ++i) text += static_cast<char>(payload[i] ^ "MASK"[i % 4]);
  return text;
}

struct WsRig : Rig {
  WebSocketConversation conversation{{services, {.transport = "tcp", .name = "a.example"}, {}}};
  Conversation::Reply receive(const std::string& bytes) { return conversation.receive(as_bytes(bytes)); }
  std::string content(std::size_t index) {
    return read_text(folder.path() / reporter.of(event::kStream).at(index)["sha256"].get<std::string>());
  }
};

TEST(WebSocket, AcceptsAHandshakeAsTheStandardsExampleDoes) {
  HttpRequest request{
      .fields = {{"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"sec-websocket-protocol", "chat, x"}}};
  EXPECT_THAT(websocket_answer(request), HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  EXPECT_THAT(websocket_answer(request), HasSubstr("Sec-WebSocket-Protocol: chat\r\n"));
}

TEST(WebSocket, KeepsEachMessageUnmaskedAndPutTogether) {
  WsRig rig;
  const std::string all = frame(2, "TOP ", false) + frame(9, "hi") + frame(0, "SECRET") + frame(1, "next");
  const Conversation::Reply reply = rig.receive(all);
  EXPECT_EQ(rig.content(0), "TOP SECRET");
  EXPECT_EQ(rig.content(1), "next");
  EXPECT_EQ(reply.bytes, std::string("\x8a\x02hi", 4)) << "a ping is answered";
  EXPECT_EQ(reply.apart->left.size() + reply.apart->elsewhere, all.size());
  EXPECT_EQ(reply.apart->elsewhere, 14U);
  EXPECT_EQ(rig.conversation.more()["messages"], 2);
}

TEST(WebSocket, AnswersACloseAndKeepsWhatComesAfterIt) {
  WsRig rig;
  const Conversation::Reply reply = rig.receive(frame(8,
                                                      "\x03\xe8"
                                                      "bye") +
                                                frame(1, "after"));
  EXPECT_EQ(reply.bytes, "\x88\x02\x03\xe8");
  EXPECT_TRUE(reply.close);
  EXPECT_EQ(rig.content(0), "after");
}

TEST(WebSocket, KeepsMessagesBeyondTheThousandthInOneStream) {
  WsRig rig;
  for (std::uint64_t i = 0; i < WebSocketConversation::kSeparate + 50; ++i) (void)rig.receive(frame(1, "m"));
  EXPECT_EQ(rig.conversation.over("eof"), "");
  EXPECT_EQ(rig.reporter.of(event::kStream).size(), WebSocketConversation::kSeparate + 1);
  EXPECT_EQ(rig.content(WebSocketConversation::kSeparate), std::string(50, 'm'));
}

TEST(WebSocket, KeepsWhatAFrameWithoutAMaskCarriesAndSaysSo) {
  WsRig rig;
  (void)rig.receive(std::string("\x81\x05plain", 7));
  EXPECT_EQ(rig.content(0), "plain");
  EXPECT_EQ(rig.conversation.detail(), "WebSocket broke: a frame without a mask");
  EXPECT_EQ(rig.conversation.protocol(), "");
}

TEST(WebSocket, LosesNothingOfAConnectionThatIsCut) {
  WsRig rig;
  const std::string all = frame(1, "half", false) + std::string("\x81\xfe\x01", 3);
  const Conversation::Reply reply = rig.receive(all);
  EXPECT_EQ(reply.apart->left + rig.conversation.over("reset"), all.substr(0, 6) + all.substr(10));
  EXPECT_EQ(rig.content(0), "half");
}

}  // namespace
}  // namespace candor::internet
