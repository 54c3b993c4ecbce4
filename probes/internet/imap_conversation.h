// SPDX-License-Identifier: Apache-2.0
//
// An IMAP4rev1 server (RFC 3501) with empty mailboxes that takes every message: literals, also LITERAL+ (RFC
// 7888), AUTHENTICATE with SASL-IR, STARTTLS, IDLE, APPEND.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "internet/line_conversation.h"
#include "internet/protocols.h"
#include "internet/sasl.h"

namespace candor::internet {

class ImapConversation : public LineConversation {
 public:
  /// `greets` is false after STARTTLS.
  explicit ImapConversation(Start start, bool greets = true)
      : LineConversation("imap"), start_(std::move(start)), greets_(greets) {}
  [[nodiscard]] std::string greeting() override;
  [[nodiscard]] Json more() const override;

 protected:
  bool obey(std::string_view line, Reply& reply) override;
  void refuse(std::string_view line, Reply& reply) override;
  bool take_block(ByteView& rest, Reply& reply) override;
  [[nodiscard]] bool within_block() const override { return literal_left_ > 0; }

 private:
  [[nodiscard]] std::string capabilities() const;
  bool begin_literal(std::string_view line, Reply& reply);
  bool execute(const std::string& command, Reply& reply);
  void authenticate(Sasl::Step step, Reply& reply);
  void done(Reply& reply, std::string_view text = "OK done");

  Start start_;
  bool greets_;
  Sasl sasl_;
  std::string tag_;
  std::string command_;  // its first line, while its literals come
  bool idling_ = false;
  std::uint64_t literal_left_ = 0;
  std::uint64_t messages_ = 0;  // appended
};

/// Whether bytes begin IMAP: a tag and a command that a client may give before it logged in.
[[nodiscard]] Begins begins_imap(std::string_view first);

}  // namespace candor::internet
