// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "recognise/guess.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

Text xored(Text plain, const Text& key) {
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<char>(plain[i] ^ key[i % key.size()]);
  return plain;
}
Text added(Text plain, int value) {
  for (char& c : plain) c = static_cast<char>(c + value);
  return plain;
}
Text reversed(Text plain) { return {plain.rbegin(), plain.rend()}; }
Text nibbles(Text plain) {
  for (char& c : plain)
    c = static_cast<char>(static_cast<unsigned char>(c) << 4 | static_cast<unsigned char>(c) >> 4);
  return plain;
}

Text amid_noise(Random& random, const Text& hidden) {
  return random_bytes(random, random() % 1500) + hidden + random_bytes(random, random() % 1500);
}

/// Keys are told by signs, and by chance another key has more of them: one of a hundred may be missed.
TEST(Guesses, FindKeysOfOneByteOverContainersAndEncodingsAtAnyPlace) {
  static const Planted planted;
  Random random(1);
  const Text piece = planted.content.substr(0, 150);
  std::vector<Text> missed;
  for (const Disguise& disguise : disguises()) {
    const Text worn = disguise.apply(piece);
    const Text key(1, static_cast<char>(1 + random() % 255));
    if (!finds_token(planted, amid_noise(random, xored(worn, key)))) missed.emplace_back(disguise.name);
    if (!finds_token(planted, amid_noise(random, added(worn, 1 + static_cast<int>(random() % 255)))))
      missed.emplace_back(disguise.name);
  }
  EXPECT_LE(missed.size(), disguises().size() * 2 / 100) << ::testing::PrintToString(missed);
}

/// Of characters of four bytes base32 makes mostly one letter, which is likely text under many keys.
TEST(Guesses, FindInvertedBitsWhereOtherKeysMakeLikelierText) {
  static const Planted planted;
  Random random(9);
  for (const Disguise& disguise : disguises()) {
    if (disguise.name != std::string("base32")) continue;
    Text wide;
    for (const char c : planted.content.substr(1)) wide += Text(3, '\0') + c;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, xored(disguise.apply(wide), "\xff"))));
  }
}

TEST(Guesses, FindTwoChangesOnTopOfEachOther) {
  static const Planted planted;
  Random random(2);
  const Text worn = gzip(planted.content.substr(1));
  for (int i = 0; i < 3; ++i) {
    const Text key(1, static_cast<char>(1 + random() % 255));
    const int value = 1 + static_cast<int>(random() % 255);
    EXPECT_TRUE(finds_token(planted, amid_noise(random, reversed(xored(worn, key))))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, xored(nibbles(worn), key)))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, added(nibbles(worn), value)))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, nibbles(added(worn, value))))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, nibbles(reversed(worn))))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, added(xored(worn, Text(1, '\xff')), value)))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, xored(added(worn, value), Text(1, '\xff'))))) << i;
  }
}

/// Of what is text or begins with a mark.
TEST(Guesses, FindAKeyAddedOverAKeyXoredAndTheOtherWayAround) {
  static const Planted planted;
  Random random(5);
  const Text piece = planted.content.substr(0, 300);
  for (const Text& worn : {gzip(piece), to_base64(as_bytes(piece))})
    for (int i = 0; i < 5; ++i) {
      const Text key(1, static_cast<char>(1 + random() % 255));
      const int value = 1 + static_cast<int>(random() % 255);
      EXPECT_TRUE(finds_token(planted, amid_noise(random, added(xored(worn, key), value)))) << i;
      EXPECT_TRUE(finds_token(planted, amid_noise(random, xored(added(worn, value), key)))) << i;
    }
}

/// Known bytes show under such keys, but not while something else lies over them.
TEST(Guesses, FindAKeyOfSeveralBytesUnderReversedOrderAndSwappedNibbles) {
  static const Planted planted;
  Random random(6);
  const std::size_t token = planted.content.find(kToken);
  const Text piece = planted.content.substr(token - std::min<std::size_t>(token, 100), 300);
  for (const std::size_t length : {2U, 5U, 11U, 17U, 32U}) {
    const Text worn = xored(piece, random_bytes(random, length));
    EXPECT_TRUE(finds_token(planted, amid_noise(random, reversed(worn)))) << length;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, nibbles(worn)))) << length;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, gzip(reversed(worn))))) << length;
  }
}

TEST(Guesses, FindAByteAddedOverAKeyOfSeveralBytes) {
  static const Planted planted;
  Random random(11);
  const std::size_t token = planted.content.find(kToken);
  const Text piece = planted.content.substr(token - std::min<std::size_t>(token, 100), 300);
  for (const std::size_t length : {2U, 5U, 11U, 32U}) {
    const Text worn = added(xored(piece, random_bytes(random, length)), 1 + static_cast<int>(random() % 255));
    EXPECT_TRUE(finds_token(planted, amid_noise(random, worn))) << length;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, gzip(worn)))) << length;
  }
}

TEST(Guesses, FindSomeThreeChangesOnTopOfEachOther) {
  static const Planted planted;
  Random random(12);
  const Text worn = gzip(planted.content.substr(1));
  for (int i = 0; i < 3; ++i) {
    const int value = 1 + static_cast<int>(random() % 255);
    EXPECT_TRUE(finds_token(planted, amid_noise(random, xored(nibbles(added(worn, value)), "\xff")))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, reversed(added(nibbles(worn), value))))) << i;
    EXPECT_TRUE(finds_token(planted, amid_noise(random, reversed(added(xored(worn, "\xff"), value))))) << i;
  }
}

TEST(Guesses, FindAChangeThatLinesOfAMessageCutUp) {
  static const Planted planted;
  Random random(10);
  for (const Disguise& disguise : disguises())
    if (disguise.name == std::string("hex array")) {
      const Text worn = reversed(disguise.apply(planted.content.substr(1, 200)));
      EXPECT_TRUE(finds_token(planted, amid_noise(random, quoted_printable(worn))));
    }
}

TEST(Guesses, FindRotatedLettersOverUuencodedTextThatIsMostlyBlanks) {
  static const Planted planted;
  Random random(12);
  Text worn = planted.content.substr(0, 150);
  for (const char* const name : {"utf-32be", "uuencode blanks", "rotated letters"}) {
    std::vector<Disguise> all = change_disguises();
    all.insert(all.end(), disguises().begin(), disguises().end());
    worn = std::find_if(all.begin(), all.end(), [&](const Disguise& each) {
             return Text(each.name) == name;
           })->apply(worn);
  }
  EXPECT_TRUE(finds_token(planted, words(random, 700) + worn + words(random, 700)));
}

TEST(Guesses, FindRotatedLettersOverRowsOfEscapes) {
  static const Planted planted;
  Random random(13);
  for (const char* const format : {"\\u{:04x}", "\\U{:08x}"}) {
    Text worn;
    for (const char c : planted.content.substr(0, 150))
      worn += fmt::format(fmt::runtime(format), static_cast<unsigned char>(c));
    for (char& c : worn)
      if (c >= 'a' && c <= 'z')
        c = static_cast<char>('a' + (c - 'a' + 25) % 26);
      else if (c >= 'A' && c <= 'Z')
        c = static_cast<char>('A' + (c - 'A' + 25) % 26);
    EXPECT_TRUE(finds_token(planted, words(random, 700) + worn + words(random, 700))) << format;
  }
}

TEST(Guesses, AreNotMadeWithoutABudgetAndLeaveTheirBytesOpaque) {
  const Planted planted({.guessed_output = 0});
  Random random(7);
  const Text hidden = amid_noise(random, xored(gzip(planted.content.substr(1)), "\x5a"));
  EXPECT_FALSE(finds_token(planted, hidden));
  EXPECT_EQ(planted.search(hidden).opaque, hidden.size());
  EXPECT_TRUE(finds_token(Planted(), hidden));
}

TEST(Guesses, LeaveTheirShareToWhatStandsBehindOtherThings) {
  const Planted planted({.guessed_output = 256U << 10});
  Random random(8);
  Text surface;
  for (int i = 0; i < 10; ++i) surface += gzip(random_bytes(random, 20'000)) + "\nThe next of them is:\n";
  EXPECT_TRUE(finds_token(
      planted, surface + gzip(amid_noise(random, xored(gzip(planted.content.substr(1)), "\x5a")))));
}

TEST(Guesses, NameFewKeysForForeignBytes) {
  Random random(4);
  for (int i = 0; i < 5; ++i) {
    EXPECT_LT(guess_changes(as_bytes(random_bytes(random, 4000))).size(), 12U);
    EXPECT_LT(guess_changes(as_bytes(words(random, 4000))).size(), 12U);
  }
}

}  // namespace
}  // namespace candor::recognise::test
