// SPDX-License-Identifier: Apache-2.0
#include "internet/websocket_conversation.h"

#include "base/hash.h"

namespace candor::internet {

namespace {

constexpr std::size_t kControlBound = 125;

std::string frame(std::uint8_t opcode, std::string_view payload) {
  std::string text;
  text += static_cast<char>(0x80 | opcode);
  text += static_cast<char>(payload.size());
  text += payload;
  return text;
}

}  // namespace

std::string websocket_answer(const HttpRequest& request) {
  const std::string key =
      std::string(request.field("sec-websocket-key")) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      to_base64(digest("sha1", as_bytes(key))) + "\r\n";
  // Of several subprotocols the first: a server must choose one that was offered, or none.
  std::string_view offered = request.field("sec-websocket-protocol");
  offered = offered.substr(0, offered.find_first_of(", \t"));
  if (!offered.empty()) text.append("Sec-WebSocket-Protocol: ").append(offered).append("\r\n");
  return text + "\r\n";
}

Conversation::Reply WebSocketConversation::receive(ByteView bytes) {
  Reply reply;
  reply.apart.emplace();
  frames_.receive(
      bytes, [&](const auto& head, ByteView header) { take_header(*reply.apart, head, header); },
      [&](const auto& head, ByteView piece, bool last) { take_payload(reply, head, piece, last); });
  return reply;
}

void WebSocketConversation::take_header(BytesApart& apart, const WebSocketFrames::Frame& head,
                                        ByteView header) {
  apart.left += as_text(header);
  left_bytes_ += header.size();
  if (!head.masked && problem_.empty()) problem_ = "a frame without a mask";
  if (head.reserved && problem_.empty()) problem_ = "a frame of an extension nobody agreed upon";
}

void WebSocketConversation::take_payload(Reply& reply, const WebSocketFrames::Frame& head, ByteView piece,
                                         bool last) {
  if (head.control()) return take_control(reply, head, piece, last);
  if (!message_) {
    message_ = std::make_unique<StreamRecord>(start_.services, start_.route);
    ++messages_;
  }
  in_message_ = true;
  message_->append(piece);
  message_->add_wire(piece.size());
  reply.apart->elsewhere += piece.size();
  apart_bytes_ += piece.size();
  if (!last || !head.final) return;
  in_message_ = false;
  if (messages_ <= kSeparate) end_message("eof");
}

void WebSocketConversation::take_control(Reply& reply, const WebSocketFrames::Frame& head, ByteView piece,
                                         bool last) {
  reply.apart->left += as_text(piece);
  left_bytes_ += piece.size();
  if (control_.size() <= kControlBound) control_ += as_text(piece);
  if (!last) return;
  const std::string payload = std::exchange(control_, {}).substr(0, kControlBound);
  if (closed_) return;
  if (head.opcode == WebSocketFrames::ping) reply.bytes += frame(WebSocketFrames::pong, payload);
  if (head.opcode == WebSocketFrames::close) {
    reply.bytes += frame(WebSocketFrames::close, payload.substr(0, 2));
    reply.close = closed_ = true;
  }
}

void WebSocketConversation::end_message(const std::string& how, const std::string& detail) {
  if (!message_) return;
  StreamEnd end{how, detail, "websocket", start_.tls()};
  end.more = {
      {"within", start_.stream()}, {"framed_bytes", message_->bytes()}, {"content_bytes", message_->bytes()}};
  message_->end(std::move(end));
  message_.reset();
}

std::string WebSocketConversation::over(const std::string& how) {
  end_message(how, in_message_ ? "ended within a WebSocket message" : "");
  return std::string(as_text(frames_.pending()));
}

std::string WebSocketConversation::detail() const {
  if (!problem_.empty()) return "WebSocket broke: " + problem_;
  return frames_.at_boundary() ? "" : "ended within a WebSocket frame";
}

Json WebSocketConversation::more() const {
  return {{"messages", messages_},
          {"framed_bytes", problem_.empty() ? left_bytes_ : 0},
          {"content_bytes", 0},
          {"apart_bytes", apart_bytes_}};
}

}  // namespace candor::internet
