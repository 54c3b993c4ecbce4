// SPDX-License-Identifier: Apache-2.0
#include "internet/smb_message.h"

#include <algorithm>
#include <array>

namespace candor::internet {

namespace {

constexpr std::string_view kNtlm("NTLMSSP\0", 8);
constexpr std::string_view kNtlmMechanism("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a", 12);
constexpr std::string_view kSpnego("\x06\x06\x2b\x06\x01\x05\x05\x02", 8);

std::string le(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < std::min(size, sizeof value); ++i) bytes += static_cast<char>(value >> (8 * i));
  bytes.resize(size, '\0');
  return bytes;
}

// One element of DER; contents here are shorter than 64 KiB.
std::string der(int tag, const std::string& content) {
  std::string head(1, static_cast<char>(tag));
  if (content.size() < 128) {
    head += static_cast<char>(content.size());
  } else {
    head += '\x82';
    head += static_cast<char>(content.size() >> 8);
    head += static_cast<char>(content.size());
  }
  return head + content;
}

std::string utf16(std::string_view ascii) {
  std::string wide;
  for (const char c : ascii) wide += {c, '\0'};
  return wide;
}

void append_utf8(std::string& text, std::uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
  } else {
    text += {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3f)),
             static_cast<char>(0x80 | (c & 0x3f))};
  }
}

// A field of NTLM's: length, room, offset; in UTF-16LE. Surrogates stay what they are: this is for people.
std::string ntlm_text(std::string_view token, std::size_t field) {
  const std::size_t size = smb_number(token, field, 2);
  const std::size_t begin = smb_number(token, field + 4, 4);
  if (begin > token.size() || size > token.size() - begin) return {};
  std::string text;
  for (std::size_t i = 0; i + 1 < size; i += 2) append_utf8(text, smb_number(token, begin + i, 2));
  return text;
}

std::string ntlm_challenge() {
  constexpr std::uint32_t kFlags = 0xE28A'8215;  // Unicode, NTLM 2, target info, version, 128 and 56 bits …
  constexpr std::size_t kHead = 56;
  const std::string target = utf16("WORKGROUP");
  const std::string host = utf16("SERVER");
  const std::string info =
      le(2, 2) + le(target.size(), 2) + target + le(1, 2) + le(host.size(), 2) + host + le(0, 4);
  return std::string(kNtlm) + le(2, 4) + le(target.size(), 2) + le(target.size(), 2) + le(kHead, 4) +
         le(kFlags, 4) + "\x11\x22\x33\x44\x55\x66\x77\x88" + le(0, 8) + le(info.size(), 2) +
         le(info.size(), 2) + le(kHead + target.size(), 4) + le(0x0F00'0000'0000'0A, 8) + target + info;
}

std::string session_body(const std::string& token) {
  constexpr std::size_t kOffset = kSmbHeader + 8;
  return le(9, 2) + le(0, 2) + le(kOffset, 2) + le(token.size(), 2) + token;
}

}  // namespace

std::uint32_t smb_number(std::string_view message, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size && at + i < message.size(); ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(message[at + i])) << (8 * i);
  }
  return value;
}

std::string smb_command(unsigned command) {
  static constexpr std::array<std::string_view, 19> kNames = {
      "NEGOTIATE",       "SESSION_SETUP", "LOGOFF",     "TREE_CONNECT", "TREE_DISCONNECT", "CREATE", "CLOSE",
      "FLUSH",           "READ",          "WRITE",      "LOCK",         "IOCTL",           "CANCEL", "ECHO",
      "QUERY_DIRECTORY", "CHANGE_NOTIFY", "QUERY_INFO", "SET_INFO",     "OPLOCK_BREAK"};
  return command < kNames.size() ? std::string(kNames[command]) : "COMMAND " + std::to_string(command);
}

std::string smb_answer(std::string_view request, SmbStatus status, const std::string& body) {
  const bool version_2 = request.starts_with("\xfeSMB") && request.size() >= kSmbHeader;
  const std::string_view asked = version_2 ? request : std::string_view();
  constexpr std::uint32_t kResponse = 1;
  constexpr std::uint64_t kSession = 1;
  std::string message = "\xfeSMB" + le(kSmbHeader, 2) + le(0, 2) + le(static_cast<std::uint32_t>(status), 4) +
                        le(smb_number(asked, 12, 2), 2) + le(1, 2) + le(kResponse, 4) + le(0, 4);
  message += version_2 ? std::string(asked.substr(24, 16)) : le(0, 16);  // message and tree
  message += le(smb_number(asked, 12, 2) == 0 ? 0 : kSession, 8) + le(0, 16);
  return message + body;
}

std::string smb_error_body() { return le(9, 2) + le(0, 2) + le(0, 4) + le(0, 1); }

std::string smb_negotiate_body(unsigned dialect) {
  const std::string token = der(
      0x60, std::string(kSpnego) + der(0xa0, der(0x30, der(0xa0, der(0x30, std::string(kNtlmMechanism))))));
  constexpr std::size_t kOffset = kSmbHeader + 64;
  constexpr std::size_t kMost = 64U << 10;
  constexpr std::uint64_t kSomeTime = 0x01DA'3C42'0000'0000;  // 2024, in Windows' way
  return le(65, 2) + le(1, 2) + le(dialect, 2) + le(0, 2) + std::string(16, '\x5a') + le(0, 4) +
         le(kMost, 4) + le(kMost, 4) + le(kMost, 4) + le(kSomeTime, 8) + le(0, 8) + le(kOffset, 2) +
         le(token.size(), 2) + le(0, 4) + token;
}

std::string smb_challenge_body() {
  const std::string token =
      der(0xa1, der(0x30, std::string("\xa0\x03\x0a\x01\x01", 5) + der(0xa1, std::string(kNtlmMechanism)) +
                              der(0xa2, der(0x04, ntlm_challenge()))));
  return session_body(token);
}

unsigned smb_dialect(std::string_view negotiate) {
  constexpr std::size_t kDialects = kSmbHeader + 36;
  constexpr unsigned kHighest = 0x0302;  // 3.1.1 needs contexts
  unsigned best = 0;
  const std::size_t count = smb_number(negotiate, kSmbHeader + 2, 2);
  for (std::size_t i = 0; i < count && kDialects + 2 * i + 2 <= negotiate.size(); ++i) {
    const unsigned dialect = smb_number(negotiate, kDialects + 2 * i, 2);
    if (dialect <= kHighest) best = std::max(best, dialect);
  }
  return best;
}

NtlmLogin ntlm_login(std::string_view message) {
  const std::size_t begin = message.find(kNtlm);
  if (begin == std::string_view::npos) return {};
  const std::string_view token = message.substr(begin);
  NtlmLogin login;
  login.type = smb_number(token, 8, 4);
  if (login.type != 3) return login;
  login.domain = ntlm_text(token, 28);
  login.user = ntlm_text(token, 36);
  login.workstation = ntlm_text(token, 44);
  return login;
}

}  // namespace candor::internet
