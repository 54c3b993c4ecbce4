// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.x: every request is answered in its order, as http_service.h says; CONNECT opens a tunnel, and an
// Upgrade to HTTP/2 or WebSocket hands the connection on. Says nothing to peers that speak something else.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "internet/conversation.h"
#include "internet/http_framer.h"
#include "internet/http_service.h"

namespace candor::internet {

class HttpConversation : public Conversation, private HttpSink {
 public:
  explicit HttpConversation(Start start);
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] Reply ended() override;
  [[nodiscard]] std::optional<std::int64_t> due() const override;
  [[nodiscard]] Reply speak() override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  /// Something to say, not before its time.
  struct Waiting {
    std::int64_t at = 0;  // CLOCK_MONOTONIC
    std::string text;
    bool close = false;
  };

  void on_head(HttpHead head) override;
  void on_body(ByteView piece) override;
  bool on_end(std::uint64_t end) override;
  void check_host(const HttpHead& head);
  bool hand_on(const HttpRequest& request);
  void say(std::string text, bool close, std::int64_t delay_ns = 0);
  /// Moves what may be said now into the reply.
  void take_due(Reply& reply);

  Start start_;
  HttpFramer framer_;
  HttpHead head_;
  HttpBody body_;
  std::deque<Waiting> waiting_;
  Reply handed_;  // next or tunnel, once the connection is handed on
  bool closing_ = false;
  std::string misdirected_;  // of a connection that is passed through: why it must end
};

}  // namespace candor::internet
