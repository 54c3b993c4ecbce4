// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_conversation.h"

namespace candor::internet {

Begins begins_dns(std::string_view first) {
  constexpr std::size_t kHead = 14;       // length and header
  constexpr std::size_t kSmallest = 17;   // header, the root's name, type and class
  constexpr std::size_t kLargest = 4096;  // a query of one question
  const auto word = [first](std::size_t at) {
    return static_cast<unsigned>(static_cast<std::uint8_t>(first[at]) << 8 |
                                 static_cast<std::uint8_t>(first[at + 1]));
  };
  if (first.size() < 2) return Begins::perhaps;
  if (word(0) < kSmallest || word(0) > kLargest) return Begins::no;
  if (first.size() < kHead) return Begins::perhaps;
  const bool query = (word(4) & 0x8000) == 0;
  const bool one_question = word(6) == 1 && word(8) == 0 && word(10) == 0;
  return query && one_question ? Begins::yes : Begins::no;
}

Conversation::Reply DnsConversation::receive(ByteView bytes) {
  Reply reply;
  if (!problem_.empty()) return reply;
  pending_.append(as_text(bytes));
  take_messages(reply);
  if (!problem_.empty()) pending_.clear();
  return reply;
}

void DnsConversation::take_messages(Reply& reply) {
  std::size_t begin = 0;
  const ByteView all = as_bytes(pending_);
  while (all.size() - begin >= 2 && problem_.empty()) {
    const std::size_t size = static_cast<std::size_t>(all[begin] << 8 | all[begin + 1]);
    if (all.size() - begin - 2 < size) break;
    const DnsOutcome outcome = serve_dns(services_, route_, all.subspan(begin + 2, size));
    begin += 2 + size;
    if (!outcome.problem.empty()) {
      problem_ = "malformed DNS query: " + outcome.problem;
      break;
    }
    ++queries_;
    framed_ += 2 + size;
    reply.bytes += static_cast<char>(outcome.answer.size() >> 8);
    reply.bytes += static_cast<char>(outcome.answer.size() & 0xff);
    reply.bytes += as_text(outcome.answer);
  }
  pending_.erase(0, begin);
}

std::string DnsConversation::detail() const {
  if (!problem_.empty()) return problem_;
  return pending_.empty() ? "" : "ended within a DNS query";
}

Json DnsConversation::more() const {
  return {{"queries", queries_}, {"framed_bytes", framed_}, {"content_bytes", framed_ - 2 * queries_}};
}

}  // namespace candor::internet
