// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/process.h"

namespace candor {
namespace {

TEST(Hex, RoundTripsAndRefusesOthers) {
  const Bytes bytes = {0x00, 0x7f, 0xff};
  EXPECT_EQ(to_hex(bytes), "007fff");
  EXPECT_EQ(from_hex("007FfF"), bytes);
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Base64, AgreesWithCoreutilsAtEveryLength) {
  std::string text;
  for (int length = 0; length < 70; ++length) {
    const std::string expected = must_run({.name = "base64", .argv = {"base64", "-w0"}}, text);
    EXPECT_EQ(to_base64(as_bytes(text)), expected);
    EXPECT_EQ(from_base64(expected), to_bytes(text));
    text += static_cast<char>(length * 37);
  }
}

TEST(Base64, RoundTripsBeyondTheSizeOfOnePart) {
  Bytes bytes((6U << 20) + 5);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24U);
  EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
}

TEST(Base64, RefusesWrongLengthAlphabetPaddingAndStrayBits) {
  for (const char* text : {"A", "AAA", "AA A", "A===", "=AAA", "AB==", "AAB=", "A-_A"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Printable, KeepsTextAndShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("Größe ok"), "Größe ok");
  EXPECT_EQ(printable("a\x1b[2Jb\n"), "a\\x1b[2Jb\\n");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "txt"),
            "\\u{202e}txt");                    // right-to-left override
  EXPECT_EQ(printable("\xc2\x9b"), "\\u{9b}");  // C1 control sequence introducer
  EXPECT_EQ(printable("\xff\xc0\xaf"), "\\xff\\xc0\\xaf");
}

TEST(Printable, CutsAtTheLimit) { EXPECT_EQ(printable("abcdef", 3), "abc…"); }

TEST(Utf8, RefusesOverlongSurrogatesNulAndCutSequences) {
  EXPECT_TRUE(is_utf8_text(as_bytes("Größe \xf0\x9f\x98\x80")));
  for (const std::string& text :
       {std::string("\xc0\xaf"), std::string("\xed\xa0\x80"), std::string("a\0b", 3), std::string("\xe2\x82"),
        std::string("\xf4\x90\x80\x80")})
    EXPECT_FALSE(is_utf8_text(as_bytes(text)));
}

}  // namespace
}  // namespace candor
