// SPDX-License-Identifier: Apache-2.0
#include "internet/mqtt_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation_rig.h"

namespace candor::internet {
namespace {

std::string raw(const char* text, std::size_t size) { return {text, size}; }

const std::string kConnect = raw("\x10\x0d\0\4MQTT\4\2\0\x3c\0\1c", 15);

TEST(Mqtt, AcknowledgesEachQualityAsItIsDue) {
  const std::string said = kConnect + raw("\x30\x05\0\1tXY", 7) + raw("\x32\x06\0\1t\0\1X", 8) +
                           raw("\x34\x06\0\1t\0\2X", 8) + raw("\x62\2\0\2", 4) + raw("\xc0\0\xe0\0", 4);
  const std::string expected = raw("\x20\2\0\0", 4) + raw("\x40\2\0\1", 4) + raw("\x50\2\0\2", 4) +
                               raw("\x70\2\0\2", 4) + raw("\xd0\0", 2);
  for (const std::size_t piece : {std::size_t{1}, said.size()}) {
    MqttConversation mqtt;
    EXPECT_EQ(answers(mqtt, said, piece), expected);
    EXPECT_EQ(mqtt.protocol(), "mqtt");
    EXPECT_EQ(mqtt.detail(), "");
    EXPECT_EQ(mqtt.more()["framed_bytes"], said.size());
    EXPECT_EQ(mqtt.more()["content_bytes"], 4);
    EXPECT_EQ(mqtt.more()["published"], 3);
  }
}

TEST(Mqtt, GrantsSubscriptions) {
  MqttConversation mqtt;
  (void)answers(mqtt, kConnect);
  EXPECT_EQ(answers(mqtt, raw("\x82\x0c\0\7\0\1a\1\0\3b/#\2", 14)), raw("\x90\4\0\7\1\2", 6));
}

TEST(Mqtt, PassesPayloadsOfAnySizeBy) {
  MqttConversation mqtt;
  (void)answers(mqtt, kConnect + raw("\x30\x83\x80\x80\x20\0\1t", 8));  // 64 MiB and 3
  const std::string piece(1U << 20, 'p');
  for (int i = 0; i < 64; ++i) (void)answers(mqtt, piece);
  EXPECT_EQ(mqtt.more()["content_bytes"], 64U << 20);
  EXPECT_EQ(mqtt.detail(), "");
}

TEST(Mqtt, SaysWhereItBroke) {
  MqttConversation malformed;
  EXPECT_TRUE(malformed.receive(as_bytes(kConnect + raw("\x32\2\0\x09", 4))).close);
  EXPECT_EQ(malformed.detail(), "MQTT broke after 15 bytes: a malformed PUBLISH");
  EXPECT_EQ(malformed.protocol(), "");
}

}  // namespace
}  // namespace candor::internet
