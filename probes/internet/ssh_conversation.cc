// SPDX-License-Identifier: Apache-2.0
#include "internet/ssh_conversation.h"

#include <array>

namespace candor::internet {

namespace {

constexpr std::size_t kLongestVersion = 4096;
constexpr std::size_t kLongestPacket = 64U << 10;
constexpr char kMsgDisconnect = 1;
constexpr char kMsgKexinit = 20;

std::string be32(std::size_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string text(std::string_view value) { return be32(value.size()) + std::string(value); }

// Unencrypted: length, padding's length, payload, padding to a multiple of eight (section 6).
std::string packet(const std::string& payload) {
  constexpr std::size_t kBlock = 8;
  std::size_t padding = kBlock - (5 + payload.size()) % kBlock;
  if (padding < 4) padding += kBlock;
  return be32(1 + payload.size() + padding) + static_cast<char>(padding) + payload +
         std::string(padding, '\0');
}

// Section 7.1.
std::string key_exchange() {
  static constexpr std::array<std::string_view, 10> kLists = {
      "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256",
      "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256",
      "aes128-ctr,aes256-ctr,chacha20-poly1305@openssh.com",
      "aes128-ctr,aes256-ctr,chacha20-poly1305@openssh.com",
      "hmac-sha2-256,hmac-sha2-512",
      "hmac-sha2-256,hmac-sha2-512",
      "none",
      "none",
      "",
      ""};
  std::string payload = kMsgKexinit + std::string(16, '\x2a');  // the cookie
  for (const std::string_view list : kLists) payload += text(list);
  return packet(payload + '\0' + be32(0));
}

std::string disconnect() {
  constexpr std::size_t kByApplication = 11;
  return packet(kMsgDisconnect + be32(kByApplication) + text("The service is not available") + text("en"));
}

}  // namespace

Begins begins_ssh(std::string_view first) {
  return begins_with_any(first, {"SSH-2.0-", "SSH-1.99-", "SSH-1.5-"});
}

std::string SshConversation::greeting() { return "SSH-2.0-OpenSSH_9.2p1\r\n" + key_exchange(); }

Conversation::Reply SshConversation::receive(ByteView bytes) {
  Reply reply;
  if (over_) return reply;
  pending_.append(as_text(bytes));
  if (version_.empty()) take_version(reply);
  if (!version_.empty() && !over_) take_packets(reply);
  if (over_) pending_ = {};
  return reply;
}

void SshConversation::take_version(Reply& reply) {
  const std::size_t end = pending_.find('\n');
  if (end == std::string::npos && pending_.size() < kLongestVersion) return;
  if (end == std::string::npos || !pending_.starts_with("SSH-")) {
    over_ = true;
    detail_ = "no SSH version";
    reply.close = true;
    return;
  }
  version_ = pending_.substr(0, end);
  if (!version_.empty() && version_.back() == '\r') version_.pop_back();
  framed_ = end + 1;
  pending_.erase(0, end + 1);
}

// Waits for the client's lists, so that they are there to be read.
void SshConversation::take_packets(Reply& reply) {
  while (pending_.size() >= 6 && !over_) {
    const auto byte = [this](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(pending_[i]));
    };
    const std::size_t length = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    if (length > kLongestPacket || length < 2) {
      detail_ = "SSH broke after " + std::to_string(framed_) + " bytes: a packet of " +
                std::to_string(length) + " bytes";
      over_ = true;
    } else if (pending_.size() < 4 + length) {
      return;
    } else {
      over_ = pending_[5] == kMsgKexinit;
      framed_ += 4 + length;
      pending_.erase(0, 4 + length);
    }
  }
  if (!over_) return;
  if (detail_.empty()) detail_ = "SSH: turned away before encryption began";
  reply.bytes += disconnect();
  reply.close = true;
}

Json SshConversation::more() const {
  return {{"framed_bytes", framed_}, {"content_bytes", 0}, {"client", printable(version_, 255)}};
}

}  // namespace candor::internet
