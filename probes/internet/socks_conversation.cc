// SPDX-License-Identifier: Apache-2.0
#include "internet/socks_conversation.h"

#include <algorithm>
#include <array>
#include <utility>

namespace candor::internet {

namespace {

constexpr std::size_t kLongestField = 1024;  // a user's or a host's name in version 4
constexpr char kNoMethod = '\xff';
constexpr int kConnect = 1;
constexpr int kUdpAssociate = 3;

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

std::uint16_t port_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(text, at) << 8 | byte_at(text, at + 1));
}

std::string port_bytes(std::uint16_t port) {
  return {static_cast<char>(port >> 8), static_cast<char>(port & 255)};
}

std::string address_text(std::string_view bytes) {
  if (bytes.size() == 4) {
    asio::ip::address_v4::bytes_type v4{};
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return asio::ip::address_v4(v4).to_string();
  }
  asio::ip::address_v6::bytes_type v6{};
  std::copy_n(bytes.begin(), v6.size(), v6.begin());
  return asio::ip::address_v6(v6).to_string();
}

}  // namespace

Begins begins_socks(std::string_view first) {
  if (first.empty()) return Begins::perhaps;
  if (first[0] == 5) {
    if (first.size() < 2) return Begins::perhaps;
    const std::size_t whole = 2U + byte_at(first, 1);
    if (whole == 2 || first.size() > whole) return Begins::no;  // a client waits for the answer
    return first.size() == whole ? Begins::yes : Begins::perhaps;
  }
  if (first[0] != 4) return Begins::no;
  if (first.size() > 1 && first[1] != 1 && first[1] != 2) return Begins::no;
  constexpr std::size_t kHead = 8;
  if (first.size() <= kHead) return Begins::perhaps;
  const std::size_t user = first.find('\0', kHead);
  if (user == std::string_view::npos) return first.size() < kLongestField ? Begins::perhaps : Begins::no;
  const std::string_view name = first.substr(kHead, user - kHead);
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; }) ? Begins::yes
                                                                                             : Begins::no;
}

Conversation::Reply SocksConversation::receive(ByteView bytes) {
  Reply reply;
  if (step_ == Step::done) return reply;
  pending_.append(as_text(bytes));
  std::size_t left = pending_.size() + 1;
  while (step_ != Step::done && pending_.size() < left) {
    left = pending_.size();
    bool took = false;
    if (step_ == Step::greeting) took = take_greeting(reply);
    if (!took && step_ == Step::credentials) took = take_credentials(reply);
    if (!took && step_ == Step::request) took = take_request(reply);
  }
  if (reply.tunnel) reply.taken = bytes.size() - pending_.size();
  if (step_ == Step::done) pending_ = {};
  return reply;
}

void SocksConversation::took(std::size_t bytes) {
  pending_.erase(0, bytes);
  framed_ += bytes;
}

bool SocksConversation::take_greeting(Reply& reply) {
  if (pending_.size() < 2) return false;
  version_ = byte_at(pending_, 0);
  if (version_ == 4) return take_version_4(reply);
  const std::size_t size = 2U + byte_at(pending_, 1);
  if (pending_.size() < size) return false;
  const std::string methods = pending_.substr(2, size - 2);
  const auto offers = [&methods](char method) { return methods.find(method) != std::string::npos; };
  // Who has credentials shows them.
  const char method = offers('\2') ? '\2' : offers('\0') ? '\0' : kNoMethod;
  took(size);
  reply.bytes += {'\5', method};
  if (method == kNoMethod) {
    stop("no method but GSSAPI or private ones", reply);
    return true;
  }
  step_ = method == '\2' ? Step::credentials : Step::request;
  return true;
}

bool SocksConversation::take_credentials(Reply& reply) {
  if (pending_.size() < 2) return false;
  const std::size_t user = 2U + byte_at(pending_, 1);
  if (pending_.size() <= user) return false;
  const std::size_t size = user + 1 + byte_at(pending_, user);
  if (pending_.size() < size) return false;
  took(size);
  reply.bytes += std::string_view("\1\0", 2);
  step_ = Step::request;
  return true;
}

bool SocksConversation::take_request(Reply& reply) {
  constexpr std::size_t kAddress = 4;
  if (pending_.size() <= kAddress) return false;
  const int command = byte_at(pending_, 1);
  const int type = byte_at(pending_, 3);
  const bool name = type == 3;
  if (byte_at(pending_, 0) != 5 || (type != 1 && type != 4 && !name)) {
    stop("a malformed request", reply);
    return true;
  }
  const std::size_t begin = kAddress + (name ? 1 : 0);
  const std::size_t length = name ? byte_at(pending_, kAddress) : type == 1 ? 4 : 16;
  if (pending_.size() < begin + length + 2) return false;
  const std::string address = pending_.substr(begin, length);
  const Target target{name ? address : address_text(address), port_at(pending_, begin + length)};
  took(begin + length + 2);
  obey(command, target, reply);
  return true;
}

// 4, command, port, address, user, 0; in 4a an address of 0.0.0.x says that a name and a 0 follow.
bool SocksConversation::take_version_4(Reply& reply) {
  constexpr std::size_t kHead = 8;
  if (pending_.size() < kHead) return false;
  const std::size_t user = pending_.find('\0', kHead);
  // Whether it is too long must not depend on how much came at once.
  if (std::min(user, pending_.size()) > kHead + kLongestField) stop("a user's name without end", reply);
  if (user == std::string::npos || step_ == Step::done) return false;
  Target target{address_text(std::string_view(pending_).substr(4, 4)), port_at(pending_, 2)};
  std::size_t size = user + 1;
  const bool named = pending_.compare(4, 3, std::string("\0\0\0", 3)) == 0 && pending_[7] != 0;
  if (named) {
    const std::size_t end = pending_.find('\0', size);
    if (std::min(end, pending_.size()) > size + kLongestField) stop("a host's name without end", reply);
    if (end == std::string::npos || step_ == Step::done) return false;
    target.host = pending_.substr(size, end - size);
    size = end + 1;
  }
  const int command = byte_at(pending_, 1);
  took(size);
  obey(command, target, reply);
  return true;
}

void SocksConversation::obey(int command, Target target, Reply& reply) {
  step_ = Step::done;
  target_ = target.host + ':' + std::to_string(target.port);
  const bool granted = command == kConnect;
  if (version_ == 4) {
    reply.bytes += std::string{'\0', granted ? '\x5a' : '\x5b'} + std::string(6, '\0');
  } else if (granted || command == kUdpAssociate) {
    reply.bytes += answer_5(0);
  } else {
    reply.bytes += answer_5(7);  // command not supported
  }
  if (granted) {
    reply.tunnel = std::move(target);
  } else if (version_ == 4 || command != kUdpAssociate) {
    problem_ = "command " + std::to_string(command) + " is not supported";
    reply.close = true;
  }
}

// With the proxy's own address.
std::string SocksConversation::answer_5(int code) const {
  std::string answer{'\5', static_cast<char>(code), '\0'};
  const Endpoint& own = start_.server;
  if (own.address.is_v4()) {
    answer += '\1';
    for (const std::uint8_t byte : own.address.to_v4().to_bytes()) answer += static_cast<char>(byte);
  } else {
    answer += '\4';
    for (const std::uint8_t byte : own.address.to_v6().to_bytes()) answer += static_cast<char>(byte);
  }
  return answer + port_bytes(own.port);
}

void SocksConversation::stop(std::string problem, Reply& reply) {
  problem_ = std::move(problem);
  step_ = Step::done;
  reply.close = true;
}

std::string SocksConversation::protocol() const {
  if (step_ != Step::done || version_ == 0) return {};
  return version_ == 4 ? "socks4" : "socks5";
}

std::string SocksConversation::detail() const {
  if (!problem_.empty()) return "SOCKS: " + problem_;
  return step_ == Step::done ? "" : "SOCKS: ended before its request";
}

Json SocksConversation::more() const {
  return {{"framed_bytes", framed_}, {"content_bytes", 0}, {"asked_for", printable(target_, 512)}};
}

}  // namespace candor::internet
