// SPDX-License-Identifier: Apache-2.0
#include "internet/pop3_conversation.h"

#include <array>
#include <set>

namespace candor::internet {

// USER begins FTP as well.
Begins begins_pop3(std::string_view first) {
  return begins_with_any(first, {"CAPA\r", "CAPA\n", "STLS\r", "STLS\n", "APOP "});
}

std::string Pop3Conversation::greeting() { return greets_ ? "+OK ready <1896.697170952@mail>\r\n" : ""; }

bool Pop3Conversation::obey(std::string_view line, Reply& reply) {
  static const std::set<std::string, std::less<>> kAccepted = {"USER", "PASS", "APOP", "NOOP",
                                                               "RSET", "UTF8", "LANG"};
  static const std::set<std::string, std::less<>> kLists = {"LIST", "UIDL"};
  static const std::set<std::string, std::less<>> kOfMessages = {"RETR", "TOP", "DELE"};
  if (sasl_.running()) return authenticate(sasl_.answered(line), reply);
  std::string_view rest;
  const std::string word = command_word(line, rest);
  if (kAccepted.contains(word)) {
    reply.bytes += "+OK\r\n";
  } else if (word == "STAT") {
    reply.bytes += "+OK 0 0\r\n";
  } else if (kLists.contains(word)) {
    reply.bytes += rest.empty() ? "+OK\r\n.\r\n" : "-ERR no such message\r\n";
  } else if (kOfMessages.contains(word)) {
    reply.bytes += "-ERR no such message\r\n";
  } else if (word == "CAPA") {
    reply.bytes +=
        "+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\nSASL " + std::string(Sasl::kMechanisms) + "\r\n";
    if (!start_.secured) reply.bytes += "STLS\r\n";
    reply.bytes += ".\r\n";
  } else if (word == "AUTH") {
    return authenticate(sasl_.begin(rest), reply);
  } else if (word == "STLS" && !start_.secured) {
    reply.bytes += "+OK begin TLS now\r\n";
    reply.start_tls = true;
    Start within = start_;
    within.secured = true;
    reply.next = std::make_unique<Pop3Conversation>(std::move(within), false);
  } else if (word == "QUIT") {
    reply.bytes += "+OK bye\r\n";
    reply.close = true;
  } else {
    return false;
  }
  return true;
}

void Pop3Conversation::refuse(std::string_view, Reply& reply) { reply.bytes += "-ERR not understood\r\n"; }

bool Pop3Conversation::authenticate(Sasl::Step step, Reply& reply) {
  static constexpr std::array<std::string_view, 4> kAnswers = {"+ ", "+OK", "-ERR cancelled",
                                                               "-ERR no such mechanism"};
  reply.bytes += kAnswers[static_cast<std::size_t>(step)];
  if (step == Sasl::Step::challenge) reply.bytes += sasl_.challenge();
  reply.bytes += "\r\n";
  return true;
}

}  // namespace candor::internet
