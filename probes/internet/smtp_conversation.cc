// SPDX-License-Identifier: Apache-2.0
#include "internet/smtp_conversation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace candor::internet {

Begins begins_smtp(std::string_view first) { return begins_with_any(first, {"EHLO ", "HELO ", "LHLO "}); }

SmtpConversation::SmtpConversation(Start start, bool greets)
    : LineConversation("smtp"),
      start_(std::move(start)),
      greets_(greets),
      name_(start_.route.name.empty() ? "mail" : printable(start_.route.name)) {}

std::string SmtpConversation::greeting() { return greets_ ? "220 " + name_ + " ESMTP ready\r\n" : ""; }

std::string SmtpConversation::capabilities() const {
  std::string text = "250-" + name_ +
                     "\r\n250-PIPELINING\r\n250-SIZE 2147483647\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                     "250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n250-ENHANCEDSTATUSCODES\r\n";
  if (!start_.secured) text += "250-STARTTLS\r\n";
  return text + "250 AUTH " + std::string(Sasl::kMechanisms) + "\r\n";
}

bool SmtpConversation::obey(std::string_view line, Reply& reply) {
  if (sasl_.running()) return authenticate(sasl_.answered(line), reply);
  std::string_view rest;
  const std::string word = command_word(line, rest);
  if (word == "EHLO" || word == "LHLO") {
    reply.bytes += capabilities();
  } else if (word == "HELO") {
    reply.bytes += "250 " + name_ + "\r\n";
  } else if (word == "AUTH") {
    return authenticate(sasl_.begin(rest), reply);
  } else if (word == "MAIL") {
    recipients_ = 0;
    reply.bytes += "250 2.1.0 Sender OK\r\n";
  } else if (word == "RCPT") {
    ++recipients_;
    reply.bytes += "250 2.1.5 Recipient OK\r\n";
  } else if (word == "DATA") {
    return begin_data(reply);
  } else if (word == "BDAT") {
    return begin_chunk(rest, reply);
  } else if (word == "STARTTLS" && !start_.secured) {
    reply.bytes += "220 2.0.0 Ready to start TLS\r\n";
    reply.start_tls = true;
    Start within = start_;
    within.secured = true;
    reply.next = std::make_unique<SmtpConversation>(std::move(within), false);
  } else if (word == "RSET" || word == "NOOP") {
    reply.bytes += "250 2.0.0 OK\r\n";
  } else if (word == "VRFY" || word == "EXPN") {
    reply.bytes += "252 2.5.2 Send some mail, I'll try my best\r\n";
  } else if (word == "HELP") {
    reply.bytes += "214 2.0.0 See RFC 5321\r\n";
  } else if (word == "QUIT") {
    reply.bytes += "221 2.0.0 Bye\r\n";
    reply.close = true;
  } else {
    return false;
  }
  return true;
}

void SmtpConversation::refuse(std::string_view, Reply& reply) {
  reply.bytes += line_was_cut() ? "500 5.5.6 Line too long\r\n" : "500 5.5.2 Command not recognised\r\n";
}

bool SmtpConversation::authenticate(Sasl::Step step, Reply& reply) {
  static constexpr std::array<std::string_view, 4> kAnswers = {"334 ", "235 2.7.0 Authentication successful",
                                                               "501 5.7.0 Authentication cancelled",
                                                               "504 5.5.4 No such mechanism"};
  reply.bytes += kAnswers[static_cast<std::size_t>(step)];
  if (step == Sasl::Step::challenge) reply.bytes += sasl_.challenge();
  reply.bytes += "\r\n";
  return true;
}

bool SmtpConversation::begin_data(Reply& reply) {
  within_data_ = true;
  line_start_.clear();
  line_length_ = 0;
  reply.bytes += "354 End data with <CR><LF>.<CR><LF>\r\n";
  return true;
}

bool SmtpConversation::begin_chunk(std::string_view arguments, Reply& reply) {
  const auto [end, problem] =
      std::from_chars(arguments.data(), arguments.data() + arguments.size(), chunk_left_);
  if (problem != std::errc()) return false;
  const std::string_view behind = arguments.substr(static_cast<std::size_t>(end - arguments.data()));
  last_chunk_ =
      begins_with_word(behind.substr(std::min(behind.find_first_not_of(' '), behind.size())), "LAST");
  if (chunk_left_ == 0) mail_ended(reply);
  return true;
}

bool SmtpConversation::take_block(ByteView& rest, Reply& reply) {
  return within_data_ ? take_data(rest, reply) : take_chunk(rest, reply);
}

// One line, or as much of it as there is.
bool SmtpConversation::take_data(ByteView& rest, Reply& reply) {
  const auto end = std::find(rest.begin(), rest.end(), '\n');
  const bool whole = end != rest.end();
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const std::size_t room = 2 - line_start_.size();
  line_start_.append(as_text(rest.first(std::min(room, length))));
  line_length_ += length;
  rest = rest.subspan(length + (whole ? 1 : 0));
  const bool dot = whole && line_length_ <= 2 && (line_start_ == "." || line_start_ == ".\r");
  if (whole && !dot) count_content(line_length_ + 1);
  if (whole) {
    line_start_.clear();
    line_length_ = 0;
  }
  if (!dot) return false;
  within_data_ = false;
  last_chunk_ = true;
  mail_ended(reply);
  return true;
}

bool SmtpConversation::take_chunk(ByteView& rest, Reply& reply) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), chunk_left_));
  rest = rest.subspan(size);
  chunk_left_ -= size;
  count_content(size);
  if (chunk_left_ > 0) return false;
  mail_ended(reply);
  return true;
}

void SmtpConversation::mail_ended(Reply& reply) {
  if (!last_chunk_) {
    reply.bytes += "250 2.0.0 Chunk OK\r\n";
    return;
  }
  last_chunk_ = false;
  ++mails_;
  reply.bytes += "250 2.0.0 OK: queued as " + std::to_string(mails_) + "\r\n";
}

Json SmtpConversation::more() const {
  Json json = LineConversation::more();
  json["mails"] = mails_;
  return json;
}

}  // namespace candor::internet
