// SPDX-License-Identifier: Apache-2.0
#include "internet/mqtt_conversation.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace candor::internet {

namespace {

enum Packet : std::uint8_t {
  kConnect = 1,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kPubrel = 6,
  kPubcomp = 7,
  kSubscribe = 8,
  kUnsubscribe = 10,
  kPing = 12,
  kDisconnect = 14,
  kAuth = 15,
};

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

std::size_t word_at(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(byte_at(text, at) << 8 | byte_at(text, at + 1));
}

// A variable byte integer at `at`, which is moved behind it; nothing if it is cut or too long.
std::optional<std::uint64_t> variable(std::string_view text, std::size_t& at) {
  std::uint64_t value = 0;
  for (int i = 0; i < 4 && at < text.size(); ++i) {
    const std::uint8_t byte = byte_at(text, at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) return value;
  }
  return {};
}

std::string packet(int first, std::string_view body) {
  return std::string{static_cast<char>(first), static_cast<char>(body.size())} + std::string(body);
}

}  // namespace

Begins begins_mqtt(std::string_view first) {
  if (first.empty()) return Begins::perhaps;
  if (first[0] != kConnect << 4) return Begins::no;
  std::size_t at = 1;
  if (!variable(first, at)) return first.size() < 5 ? Begins::perhaps : Begins::no;
  const std::string_view behind = first.substr(at);
  for (const std::string_view name : {std::string_view("\0\4MQTT", 6), std::string_view("\0\6MQIsdp", 8)}) {
    if (behind.substr(0, name.size()) == name) return Begins::yes;
    if (name.substr(0, behind.size()) == behind) return Begins::perhaps;
  }
  return Begins::no;
}

Conversation::Reply MqttConversation::receive(ByteView bytes) {
  Reply reply;
  ByteView rest = bytes;
  while (!rest.empty() && problem_.empty() && !over_) {
    if (!in_body_ && !take_head(rest)) break;
    take_body(rest);
    if (left_ > 0) break;
    answer(reply);
    in_body_ = false;
    body_.clear();
    head_.clear();
    reply.close = over_ || !problem_.empty();
  }
  if (over_) behind_ += rest.size();
  return reply;
}

bool MqttConversation::take_head(ByteView& rest) {
  while (!rest.empty()) {
    head_ += static_cast<char>(rest.front());
    rest = rest.subspan(1);
    if (head_.size() < 2) continue;
    if ((byte_at(head_, head_.size() - 1) & 0x80) != 0 && head_.size() < 5) continue;
    std::size_t at = 1;
    const auto length = variable(head_, at);
    if (!length) {
      stop("a remaining length of more than four bytes");
      return false;
    }
    in_body_ = true;
    left_ = body_size_ = *length;
    return true;
  }
  return false;
}

void MqttConversation::take_body(ByteView& rest) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
  const std::size_t room = kLookedAt - std::min(kLookedAt, body_.size());
  body_.append(as_text(rest.first(std::min(size, room))));
  rest = rest.subspan(size);
  left_ -= size;
}

void MqttConversation::answer(Reply& reply) {
  const int type = byte_at(head_, 0) >> 4;
  if (level_ == 0 && type != kConnect) return stop("a packet before CONNECT");
  const std::string id = body_.substr(0, 2);
  switch (type) {
    case kConnect:
      answer_connect(reply);
      break;
    case kPublish:
      answer_publish(reply);
      break;
    case kPubrec:
      if (id.size() == 2) reply.bytes += packet(kPubrel << 4 | 2, id);
      break;
    case kPubrel:
      if (id.size() == 2) reply.bytes += packet(kPubcomp << 4, id);
      break;
    case kSubscribe:
      answer_list(reply, '\x90', true);
      break;
    case kUnsubscribe:
      answer_list(reply, '\xb0', false);
      break;
    case kPing:
      reply.bytes += packet(13 << 4, {});
      break;
    case kDisconnect:
      over_ = true;
      break;
    case kPuback:
    case kPubcomp:
    case kAuth:
      break;
    default:
      return stop("a packet of type " + std::to_string(type));
  }
  if (!problem_.empty()) return;
  ++packets_;
  framing_.framed += head_.size() + body_size_;
}

void MqttConversation::answer_connect(Reply& reply) {
  if (level_ != 0) return stop("a second CONNECT");
  const std::size_t name = body_.size() < 2 ? 0 : word_at(body_, 0);
  if (name == 0 || body_.size() < name + 3) return stop("a CONNECT without a protocol level");
  level_ = byte_at(body_, name + 2);
  if (level_ < 3 || level_ > 5) return stop("protocol level " + std::to_string(level_));
  // Version 5 has properties: none but the session's, which a client that chose no name needs.
  if (level_ < 5) {
    reply.bytes += packet(2 << 4, std::string_view("\0\0", 2));
  } else {
    static constexpr std::string_view kAssigned(
        "\0\0\x0a\x12\0\x07"
        "client1",
        13);
    reply.bytes += packet(2 << 4, kAssigned);
  }
}

void MqttConversation::answer_publish(Reply& reply) {
  const int quality = byte_at(head_, 0) >> 1 & 3;
  const std::size_t topic = body_.size() < 2 ? 0 : word_at(body_, 0);
  std::size_t at = 2 + topic + (quality > 0 ? 2 : 0);
  if (quality == 3 || body_.size() < at) return stop("a malformed PUBLISH");
  const std::string id = body_.substr(2 + topic, 2);
  if (level_ == 5) {
    const auto properties = variable(body_, at);
    if (!properties || body_size_ - at < *properties) return stop("malformed properties of a PUBLISH");
    at += *properties;
  }
  if (quality == 1) reply.bytes += packet(kPuback << 4, id);
  if (quality == 2) reply.bytes += packet(kPubrec << 4, id);
  ++published_;
  framing_.content += body_size_ - at;
}

// SUBACK grants what is asked for; UNSUBACK of version 5 lists as many successes.
void MqttConversation::answer_list(Reply& reply, char type, bool subscribes) {
  if (body_.size() < 2) return stop("a subscription without an identifier");
  std::string body = body_.substr(0, 2);
  std::size_t at = 2;
  if (level_ == 5) {
    const auto properties = variable(body_, at);
    if (!properties || body_.size() - at < *properties) return stop("malformed properties of a subscription");
    at += *properties;
    body += '\0';
  }
  constexpr std::size_t kMostTopics = 100;  // more than fit into our one byte of length are not answered
  while (at + 2 <= body_.size() && body.size() < kMostTopics) {
    at += 2 + word_at(body_, at);
    if (at >= body_.size() + (subscribes ? 0 : 1)) return stop("a malformed list of topics");
    if (subscribes) {
      body += static_cast<char>(std::min(byte_at(body_, at) & 3, 2));
      ++at;
    } else if (level_ == 5) {
      body += '\0';
    }
  }
  reply.bytes += packet(static_cast<unsigned char>(type), body);
}

void MqttConversation::stop(std::string problem) { problem_ = std::move(problem); }

std::string MqttConversation::protocol() const { return problem_.empty() && packets_ > 0 ? "mqtt" : ""; }

std::string MqttConversation::detail() const {
  if (!problem_.empty()) {
    return "MQTT broke after " + std::to_string(framing_.framed) + " bytes: " + problem_;
  }
  if (!head_.empty()) return "ended within an MQTT packet";
  return behind_ > 0 ? std::to_string(behind_) + " bytes behind MQTT's end" : "";
}

Json MqttConversation::more() const {
  Json json = framing_.json();
  json["packets"] = packets_;
  json["published"] = published_;
  return json;
}

}  // namespace candor::internet
