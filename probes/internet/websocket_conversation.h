// SPDX-License-Identifier: Apache-2.0
//
// WebSocket (RFC 6455) after its handshake: messages are kept, each as a stream of its own, with masks undone
// and fragments put together; after kSeparate of them, all further ones as one stream. The connection's own
// stream keeps frame headers and what control frames carry, unmasked. Pings are answered; messages are not.
// No extension is agreed upon.
#pragma once

#include <memory>
#include <string>

#include "internet/conversation.h"
#include "internet/http_message.h"
#include "internet/websocket_frames.h"

namespace candor::internet {

class WebSocketConversation : public Conversation {
 public:
  static constexpr std::uint64_t kSeparate = 1000;

  explicit WebSocketConversation(Start start) : start_(std::move(start)) {}
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string over(const std::string& how) override;
  [[nodiscard]] std::string protocol() const override { return problem_.empty() ? "websocket" : ""; }
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  void take_header(BytesApart& apart, const WebSocketFrames::Frame& frame, ByteView header);
  void take_payload(Reply& reply, const WebSocketFrames::Frame& frame, ByteView piece, bool last);
  void take_control(Reply& reply, const WebSocketFrames::Frame& frame, ByteView piece, bool last);
  void end_message(const std::string& how, const std::string& detail = {});

  Start start_;
  WebSocketFrames frames_;
  std::unique_ptr<StreamRecord> message_;
  bool in_message_ = false;
  std::string control_;  // payload of the control frame that is being received: at most 125 bytes are used
  std::string problem_;
  std::uint64_t messages_ = 0;
  std::uint64_t left_bytes_ = 0;
  std::uint64_t apart_bytes_ = 0;
  bool closed_ = false;
};

/// "101 Switching Protocols" for a request that asks for WebSocket.
[[nodiscard]] std::string websocket_answer(const HttpRequest& request);

}  // namespace candor::internet
