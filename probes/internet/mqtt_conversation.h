// SPDX-License-Identifier: Apache-2.0
//
// An MQTT broker that takes everything and delivers nothing (MQTT 3.1, 3.1.1 and 5.0, OASIS standards):
// CONNECT, PUBLISH of all qualities, SUBSCRIBE, UNSUBSCRIBE, PING. Bounded: of each packet only the beginning
// is looked at, payloads pass by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "internet/conversation.h"
#include "internet/framing.h"
#include "internet/protocols.h"

namespace candor::internet {

class MqttConversation : public Conversation {
 public:
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  // Longer than all of a SUBSCRIBE or CONNECT that is no attack.
  static constexpr std::size_t kLookedAt = 256U << 10;

  [[nodiscard]] bool take_head(ByteView& rest);
  void take_body(ByteView& rest);
  void answer(Reply& reply);
  void answer_connect(Reply& reply);
  void answer_publish(Reply& reply);
  void answer_list(Reply& reply, char type, bool subscribes);
  void stop(std::string problem);

  std::string head_;  // of the packet being received: type, flags, remaining length
  bool in_body_ = false;
  std::uint64_t left_ = 0;  // of its body
  std::uint64_t body_size_ = 0;
  std::string body_;  // its beginning
  std::string problem_;
  std::uint8_t level_ = 0;  // protocol level: 3, 4, 5; 0 before CONNECT
  bool over_ = false;
  std::uint64_t packets_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t behind_ = 0;
  Framing framing_;
};

/// Whether bytes begin an MQTT CONNECT.
[[nodiscard]] Begins begins_mqtt(std::string_view first);

}  // namespace candor::internet
