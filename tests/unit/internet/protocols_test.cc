// SPDX-License-Identifier: Apache-2.0
#include "internet/protocols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace candor::internet {
namespace {

std::string named(std::string_view first) {
  bool hopeless = false;
  const Protocol* protocol = recognise(first, hopeless);
  return protocol != nullptr ? std::string(protocol->name) : hopeless ? "nothing" : "unsure";
}

struct Sample {
  std::string name;
  std::string bytes;
};

const std::vector<Sample> kSamples = {
    {"http/1.1", "POST /a HTTP/1.1\r\n"},
    {"smtp", "EHLO laptop\r\n"},
    {"smtp", "helo x\r\n"},
    {"imap", "A1 LOGIN u p\r\n"},
    {"pop3", "CAPA\r\n"},
    {"ftp", "AUTH TLS\r\n"},
    {"ssh", "SSH-2.0-libssh\r\n"},
    {"mqtt", std::string("\x10\x0d\0\4MQTT\4\2\0\x3c\0\1c", 15)},
    {"mqtt", std::string("\x10\x0f\0\6MQIsdp\3\2\0\x3c\0\1c", 17)},
    {"socks", std::string("\5\1\0", 3)},
    {"socks", std::string("\5\2\0\2", 4)},
    {"socks", std::string("\4\1\1\xbb\0\0\0\1u\0a.example\0", 21)},
    {"smb", std::string("\0\0\0\x54\xfeSMB", 8)},
    {"smb", std::string("\0\0\0\x54\xffSMB", 8)},
    {"smb", std::string("\x81\0\0\x44\x20", 5)},
    {"dns", std::string("\0\x11\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 19)},
};

TEST(Protocols, AreToldByTheFirstBytesWhateverThePort) {
  for (const Sample& sample : kSamples)
    EXPECT_EQ(named(sample.bytes), sample.name) << printable(sample.bytes);
}

TEST(Protocols, AreNotToldWronglyWhileBytesAreMissing) {
  for (const Sample& sample : kSamples) {
    for (std::size_t size = 0; size < sample.bytes.size(); ++size) {
      EXPECT_THAT(named(sample.bytes.substr(0, size)), testing::AnyOf("unsure", sample.name))
          << printable(sample.bytes) << " after " << size << " bytes";
    }
  }
}

TEST(Protocols, LeaveAloneWhatTheyAreNot) {
  for (const std::string& bytes : {std::string("\x00\x01\xff secret", 10), std::string("hello, world\r\n"),
                                   std::string("\r\n\r\nand then text"), std::string("USER ME NOW\r\n"),
                                   std::string("\5\0\0and then text", 16), std::string("\x10\x0d\0\4MQTX", 8),
                                   std::string("\4\3\0\1\1\1\1\1and then text", 21),
                                   std::string("\0\x11\x12\x34\x81\0\0\1\0\0\0\0\0\0", 14)}) {
    EXPECT_EQ(named(bytes), "nothing") << printable(bytes);
  }
}

TEST(Protocols, GiveUpOnALineWithoutEnd) {
  EXPECT_EQ(named(std::string(kFirstBytes + 1, 'x')), "nothing");
  EXPECT_EQ(named("GET /" + std::string(kFirstBytes, 'x')), "nothing");
}

TEST(Protocols, KnowWhichServersSpeakFirst) {
  EXPECT_EQ(speaks_first_on(25, false)->name, "smtp");
  EXPECT_EQ(speaks_first_on(25, true), nullptr);
  EXPECT_EQ(speaks_first_on(465, true)->name, "smtp");
  EXPECT_EQ(speaks_first_on(80, false), nullptr);
  EXPECT_EQ(with_alpn("dot")->name, "dns");
  EXPECT_EQ(with_alpn("x"), nullptr);
}

}  // namespace
}  // namespace candor::internet
