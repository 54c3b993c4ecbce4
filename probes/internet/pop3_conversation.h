// SPDX-License-Identifier: Apache-2.0
//
// A POP3 server (RFC 1939) with an empty maildrop: everybody may log in, also by AUTH (RFC 5034) and within
// TLS (STLS, RFC 2595).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "internet/line_conversation.h"
#include "internet/protocols.h"
#include "internet/sasl.h"

namespace candor::internet {

class Pop3Conversation : public LineConversation {
 public:
  /// `greets` is false after STLS.
  explicit Pop3Conversation(Start start, bool greets = true)
      : LineConversation("pop3"), start_(std::move(start)), greets_(greets) {}
  [[nodiscard]] std::string greeting() override;

 protected:
  bool obey(std::string_view line, Reply& reply) override;
  void refuse(std::string_view line, Reply& reply) override;

 private:
  bool authenticate(Sasl::Step step, Reply& reply);

  Start start_;
  bool greets_;
  Sasl sasl_;
};

/// Whether bytes begin POP3: a command that no other protocol begins with.
[[nodiscard]] Begins begins_pop3(std::string_view first);

}  // namespace candor::internet
