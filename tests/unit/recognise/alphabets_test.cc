// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "recognise/change.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

Text letters(Random& random, std::size_t count) {
  Text all;
  for (char c = '!'; c <= '~'; ++c) all += c;
  std::shuffle(all.begin(), all.end(), random);
  return all.substr(0, count);
}

Text wrapped(Text text, std::size_t column, const Text& indent) {
  for (std::size_t at = column; at < text.size(); at += column + 2 + indent.size())
    text.insert(at, "\r\n" + indent);
  return text;
}

/// The token alone has too few equal letters to be told from chance; with its neighbours it has enough.
TEST(UnknownAlphabets, OfBase64AndBase32AreReadOffTheTokenAndItsNeighboursAtAnyAlignment) {
  static const Planted planted;
  const Text around = planted.content.substr(planted.content.find(kToken) - 20, 66);
  Random random(1);
  for (const std::size_t count : {64U, 32U})
    for (std::size_t before = 0; before < 8; ++before)
      for (int i = 0; i < 3; ++i) {
        const Text piece = random_bytes(random, before) + around + random_bytes(random, random() % 40);
        EXPECT_TRUE(finds_token(planted, " " + over_alphabet(piece, letters(random, count)) + " "))
            << count << " letters, " << before << " bytes before";
      }
}

TEST(UnknownAlphabets, AreReadWhereTheRunIsWrapped) {
  static const Planted planted;
  Random random(2);
  for (const char* indent : {"", "    "})
    for (int i = 0; i < 5; ++i) {
      const Text coded = over_alphabet("x" + planted.content.substr(0, 200), letters(random, 64));
      EXPECT_TRUE(finds_token(planted, "\n" + wrapped(coded, 24 + random() % 60, indent) + "\n")) << i;
    }
}

TEST(UnknownAlphabets, ShowMoreOfTheDocumentThanTheToken) {
  static const Planted planted;
  Random random(3);
  const model::Recognition found =
      planted.search(" " + over_alphabet(planted.content, letters(random, 64)) + " ");
  const std::vector<model::Hit> fragments = of_kind(found, model::HitKind::fragment);
  ASSERT_FALSE(fragments.empty());
  EXPECT_GT(fragments[0].length, 60U);
}

TEST(UnknownAlphabets, AreNotReadIntoOtherTextOfTheSameForm) {
  static const Planted planted;
  Random random(4);
  for (int i = 0; i < 10; ++i) {
    const Text other = over_alphabet(words(random, 2000), letters(random, i % 2 == 0 ? 64 : 32));
    ASSERT_TRUE(planted.search(other).hits.empty()) << i;
  }
}

TEST(UnknownAlphabets, AreNotReadIntoOtherTokens) {
  static const Planted planted;
  Random random(5);
  const Text small = "abcdefghijklmnopqrstuvwxyz234567";
  for (int i = 0; i < 10; ++i) {
    Text other(2000, ' ');
    for (char& c : other) c = small[random() % small.size()];
    ASSERT_TRUE(planted.search(over_alphabet(other, letters(random, 64))).hits.empty()) << i;
  }
}

TEST(UnknownAlphabets, AreNotToldOfBase64AndBase32AsTheyStand) {
  static const Planted planted;
  for (const Text& alphabet :
       {Text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
        Text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        Text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), Text("abcdefghijklmnopqrstuvwxyz234567")}) {
    const Text coded = " " + over_alphabet(planted.content.substr(1, 400), alphabet) + " ";
    EXPECT_TRUE(finds_token(planted, coded)) << alphabet;
    for (const model::Hit& hit : planted.search(coded).hits)
      for (const auto& step : hit.chain) EXPECT_FALSE(step.decoder.starts_with("letters:")) << step.decoder;
  }
}

TEST(UnknownAlphabets, AreStepsThatCanBeUndoneFromTheirNames) {
  Random random(6);
  for (const std::size_t count : {64U, 32U}) {
    const Text own = letters(random, count);
    const Text coded = over_alphabet("hidden words", own);
    const auto undone = undo_change(alphabet_step(as_bytes(own)), as_bytes(coded));
    ASSERT_TRUE(undone);
    EXPECT_EQ(as_text(*undone).substr(0, 12), "hidden words");
  }
  EXPECT_FALSE(undo_change("letters:abc", as_bytes(Text("abc"))));
}

}  // namespace
}  // namespace candor::recognise::test
