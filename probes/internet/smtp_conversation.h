// SPDX-License-Identifier: Apache-2.0
//
// An SMTP server (RFC 5321) that takes every mail: PIPELINING, SIZE, 8BITMIME, SMTPUTF8, CHUNKING with
// BINARYMIME (RFC 3030), AUTH (RFC 4954), STARTTLS (RFC 3207). A mail's end is a line with nothing but a dot,
// also behind a bare LF.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "internet/line_conversation.h"
#include "internet/protocols.h"
#include "internet/sasl.h"

namespace candor::internet {

class SmtpConversation : public LineConversation {
 public:
  /// `greets` is false after STARTTLS.
  explicit SmtpConversation(Start start, bool greets = true);
  [[nodiscard]] std::string greeting() override;
  [[nodiscard]] Json more() const override;

 protected:
  bool obey(std::string_view line, Reply& reply) override;
  void refuse(std::string_view line, Reply& reply) override;
  bool take_block(ByteView& rest, Reply& reply) override;
  [[nodiscard]] bool within_block() const override { return within_data_ || chunk_left_ > 0; }

 private:
  [[nodiscard]] std::string capabilities() const;
  bool authenticate(Sasl::Step step, Reply& reply);
  bool begin_data(Reply& reply);
  bool begin_chunk(std::string_view arguments, Reply& reply);
  bool take_data(ByteView& rest, Reply& reply);
  bool take_chunk(ByteView& rest, Reply& reply);
  void mail_ended(Reply& reply);

  Start start_;
  bool greets_;
  std::string name_;
  Sasl sasl_;
  std::uint64_t mails_ = 0;
  std::uint64_t recipients_ = 0;  // of the mail being sent
  bool within_data_ = false;
  std::string line_start_;         // of the line of data being received, two bytes at most
  std::uint64_t line_length_ = 0;  // of that line so far
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
};

/// Whether bytes begin SMTP: a client that says EHLO, HELO or LHLO before it is greeted.
[[nodiscard]] Begins begins_smtp(std::string_view first);

}  // namespace candor::internet
