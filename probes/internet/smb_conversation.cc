// SPDX-License-Identifier: Apache-2.0
#include "internet/smb_conversation.h"

#include <algorithm>

#include "internet/smb_message.h"

namespace candor::internet {

namespace {

constexpr std::string_view kVersion1 = "\xffSMB";
constexpr std::string_view kVersion2 = "\xfeSMB";
constexpr std::size_t kLongest = 128U << 10;
constexpr std::size_t kCommandsNamed = 64;

std::size_t length_of(std::string_view head) {
  const auto byte = [head](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(head[i]));
  };
  return byte(1) << 16 | byte(2) << 8 | byte(3);
}

std::string framed(const std::string& message) {
  return std::string{'\0', static_cast<char>(message.size() >> 16), static_cast<char>(message.size() >> 8),
                     static_cast<char>(message.size())} +
         message;
}

}  // namespace

Begins begins_smb(std::string_view first) {
  constexpr std::string_view kNetbios("\x81\0\0\x44\x20", 5);  // a session request between two names
  if (first.substr(0, kNetbios.size()) == kNetbios.substr(0, first.size())) {
    return first.size() >= kNetbios.size() ? Begins::yes : Begins::perhaps;
  }
  if (!first.empty() && first[0] != '\0') return Begins::no;
  constexpr std::size_t kHead = 4;
  if (first.size() < kHead + kVersion2.size()) return Begins::perhaps;
  const std::string_view mark = first.substr(kHead, kVersion2.size());
  return mark == kVersion1 || mark == kVersion2 ? Begins::yes : Begins::no;
}

Conversation::Reply SmbConversation::receive(ByteView bytes) {
  Reply reply;
  if (!problem_.empty()) return reply;
  pending_.append(as_text(bytes));
  std::size_t begin = 0;
  constexpr std::size_t kHead = 4;
  while (problem_.empty() && pending_.size() - begin >= kHead) {
    const std::string_view rest = std::string_view(pending_).substr(begin);
    const std::size_t length = length_of(rest);
    if (length > kLongest) problem_ = "a message of " + std::to_string(length) + " bytes";
    if (length > kLongest || rest.size() < kHead + length) break;
    if (rest[0] == '\x81') {
      reply.bytes += std::string_view("\x82\0\0\0", 4);  // NetBIOS: a session with whomever it asked for
      ++tried_["NETBIOS_SESSION"];
    } else if (rest[0] == '\0') {
      take_message(rest.substr(kHead, length), reply);
    }
    begin += kHead + length;
    framed_ += kHead + length;
  }
  pending_.erase(0, begin);
  reply.close = !problem_.empty();
  if (!problem_.empty()) pending_ = {};
  return reply;
}

void SmbConversation::take_message(std::string_view message, Reply& reply) {
  if (message.starts_with(kVersion2) && message.size() >= kSmbHeader) return take_version_2(message, reply);
  if (message.starts_with(kVersion1)) return take_version_1(message, reply);
  problem_ = "a message of an unknown kind";
}

void SmbConversation::take_version_1(std::string_view message, Reply& reply) {
  ++tried_["SMB1"];
  const bool any_2 = message.find("SMB 2.???") != std::string_view::npos;
  const bool just_2 = message.find("SMB 2.002") != std::string_view::npos;
  if (!any_2 && !just_2) {
    problem_ = "only version 1 is spoken";
    return;
  }
  constexpr unsigned kAnyVersion2 = 0x02ff;
  reply.bytes +=
      framed(smb_answer(message, SmbStatus::success, smb_negotiate_body(any_2 ? kAnyVersion2 : 0x0202)));
}

void SmbConversation::take_version_2(std::string_view message, Reply& reply) {
  const unsigned command = smb_number(message, 12, 2);
  if (tried_.size() < kCommandsNamed) ++tried_[smb_command(command)];
  if (command == 0) {
    const unsigned dialect = smb_dialect(message);
    reply.bytes +=
        framed(dialect == 0 ? smb_answer(message, SmbStatus::not_supported, smb_error_body())
                            : smb_answer(message, SmbStatus::success, smb_negotiate_body(dialect)));
  } else if (command == 1) {
    set_up_session(message, reply);
  } else {
    reply.bytes += framed(smb_answer(message, SmbStatus::user_session_deleted, smb_error_body()));
  }
}

void SmbConversation::set_up_session(std::string_view message, Reply& reply) {
  const NtlmLogin login = ntlm_login(message);
  if (login.type == 1) {
    reply.bytes += framed(smb_answer(message, SmbStatus::more_processing_required, smb_challenge_body()));
    return;
  }
  if (login.type == 3) {
    user_ = login.domain + '\\' + login.user;
    host_ = login.workstation;
  }
  reply.bytes += framed(smb_answer(message, SmbStatus::logon_failure, smb_error_body()));
}

std::string SmbConversation::protocol() const { return problem_.empty() && framed_ > 0 ? "smb" : ""; }

std::string SmbConversation::detail() const {
  if (!problem_.empty()) return "SMB broke after " + std::to_string(framed_) + " bytes: " + problem_;
  return pending_.empty() ? "SMB: nobody is let in" : "ended within an SMB message";
}

Json SmbConversation::more() const {
  Json tried = Json::object();
  for (const auto& [command, times] : tried_) tried[command] = times;
  return {{"framed_bytes", framed_},
          {"content_bytes", 0},
          {"tried", std::move(tried)},
          {"user", printable(user_, 255)},
          {"client", printable(host_, 255)}};
}

}  // namespace candor::internet
