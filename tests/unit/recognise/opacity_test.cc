// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

std::uint64_t opaque(const Text& surface) {
  static const Planted planted;
  return planted.search(surface).opaque;
}

TEST(Opacity, OfRandomBytesIsAllOfThem) {
  Random random(1);
  EXPECT_GE(opaque(random_bytes(random, 50'000)), 49'900U);
}

TEST(Opacity, OfTextIsNothing) {
  Random random(2);
  EXPECT_EQ(opaque(words(random, 50'000)), 0U);
  EXPECT_EQ(opaque("ok"), 0U);
  EXPECT_EQ(opaque(""), 0U);
  EXPECT_EQ(opaque("Ein Überblick über die Größe der Häfen, naïvely: 航海図は引き出しの中にあります。"), 0U);
}

TEST(Opacity, OfRequestsWithOrdinaryHeadersAndIdentifiersIsNothing) {
  EXPECT_EQ(
      opaque(
          "GET /main.cvd?version=27 HTTP/1.1\r\nHost: database.example\r\n"
          "User-Agent: Scanner/1.0 (OS: linux-gnu, ARCH: x86_64, UUID: "
          "3f2a9c1e-7b44-4c0d-9e15-6a8d2f0b7c33)\r\nIf-None-Match: \"5d41402abc4b2a76b9719d911017c592\"\r\n"
          "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\r\n"),
      0U);
}

TEST(Opacity, OfLongPathsAndIdentifiersIsNothing) {
  EXPECT_EQ(
      opaque("/usr/share/doc/libreoffice-common/examples/presentation/templates/harbour/overview/index"), 0U);
  EXPECT_EQ(opaque("org/example/harbour/statistics/AbstractSingletonProxyFactoryBeanConfigurationProvider"),
            0U);
  EXPECT_EQ(opaque(Text(300, '0') + Text(300, '-') + Text(300, 'A')), 0U);
}

TEST(Opacity, OfEncryptedBytesAsTextIsAllOfThem) {
  Random random(3);
  const Text secret = random_bytes(random, 1000);
  for (const Text& worn : {base64(secret), base64_wrapped(secret), base64url_unpadded(secret), hex(secret),
                           hex_separated(secret), percent(secret), quoted_printable(secret)})
    EXPECT_GE(opaque("{\"ok\": true, \"payload\": \"" + worn + "\"}"), worn.size() * 9 / 10)
        << worn.substr(0, 60);
}

TEST(Opacity, OfRandomTextInAlphabetsNobodyDecodesIsAllOfIt) {
  Random random(4);
  Text base85;
  Text base32;
  for (int i = 0; i < 4000; ++i) {
    base85 += static_cast<char>('!' + random() % 85);
    base32 += "abcdefghijklmnopqrstuvwxyz234567"[random() % 32];
  }
  EXPECT_GE(opaque(base85), 3900U);
  EXPECT_GE(opaque(base32), 3900U);
}

TEST(Opacity, OfEncryptedBytesInShortStringsIsMostOfThem) {
  Random random(5);
  Text list = "[";
  for (int i = 0; i < 100; ++i) list += "\"" + base64(random_bytes(random, 36)) + "\",";
  EXPECT_GE(opaque(list + "\"\"]"), 4000U);
}

TEST(Opacity, OfACompressedSecretIsTheSecretsSize) {
  Random random(6);
  const Text packed = gzip(random_bytes(random, 2000) + Text(1'000'000, ' '));
  EXPECT_GE(opaque(packed), 1990U);
}

TEST(Opacity, OfAStoredSecretIsNotMadeUpForByTextBesideIt) {
  Random random(11);
  const Text mixed = words(random, 3000) + random_bytes(random, 2000) + words(random, 3000);
  EXPECT_GE(opaque(stored_zip(mixed)), 1990U);
  EXPECT_GE(opaque(chunked(mixed)), 1990U);
}

TEST(Opacity, OfAFewWordsBetweenContainersIsNothing) {
  EXPECT_EQ(opaque(gzip("one") + "--part--\r\n" + gzip("two") + "\r\n--end"), 0U);
}

TEST(Opacity, OfBytesAfterAContainerIsTheirs) {
  Random random(7);
  const std::uint64_t found = opaque(gzip(words(random, 5000)) + random_bytes(random, 1000));
  EXPECT_GE(found, 980U);
  EXPECT_LE(found, 1000U);
}

TEST(Opacity, OfAGzipHeadersExtraFieldIsTheFields) {
  Text packed = gzip("a harmless line of text, and another one");
  packed[3] = 4;
  packed.insert(10, Text("\xc8\x00", 2) + Text(200, '\x93'));
  const std::uint64_t found = opaque(packed);
  EXPECT_GE(found, 200U);
  EXPECT_LE(found, 210U);
}

TEST(Budgets, BoundABomb) {
  Text bomb(50'000'000, '\0');
  for (int i = 0; i < 2; ++i) bomb = gzip(bomb);
  const Planted planted({.region_output = 1U << 20, .total_output = 4U << 20});
  const model::Recognition found = planted.search(bomb);
  ASSERT_FALSE(found.not_looked_into.empty());
  EXPECT_EQ(found.not_looked_into[0].reason, "output budget");
  EXPECT_EQ(found.opaque, bomb.size());
  EXPECT_LE(found.searched, 6U << 20);
}

/// Of a few bytes of noise brotli makes megabytes of letters, by chance, and these can be read in dozens of
/// ways.
TEST(Budgets, BoundWhatAFormatWithoutAMarkMakesOfFewBytes) {
  const Text packed = brotli(Text(9U << 20, 'A'));
  ASSERT_LT(packed.size(), 100U);
  const model::Recognition found = Planted().search(packed.substr(0, packed.size() - 1));
  EXPECT_LE(found.searched, 4U << 20);
}

TEST(Budgets, SayWhatTheTotalLeftOut) {
  Random random(8);
  Text surface;
  for (int i = 0; i < 20; ++i)
    surface += base64(words(random, 40'000)) + "\n" + random_bytes(random, 9) + "\n";
  const Planted planted({.total_output = 100'000});
  const model::Recognition found = planted.search(surface);
  ASSERT_FALSE(found.not_looked_into.empty());
  EXPECT_GE(found.opaque, surface.size() / 2);
}

TEST(Budgets, SayWhatLiesTooDeep) {
  Text surface = "kept: " + Text(kToken);
  for (int i = 0; i < 4; ++i) surface = gzip(surface);
  EXPECT_TRUE(finds_token(Planted({.depth = 4}), surface));
  const Planted shallow({.depth = 3});
  const model::Recognition found = shallow.search(surface);
  EXPECT_TRUE(found.hits.empty());
  ASSERT_EQ(found.not_looked_into.size(), 1U);
  EXPECT_EQ(found.not_looked_into[0].reason, "depth");
  EXPECT_EQ(found.opaque, surface.size());
}

TEST(Budgets, KeepTheListOfWhatWasLeftOutShort) {
  Random random(9);
  Text surface;
  for (int i = 0; i < 50; ++i) surface += gzip(random_bytes(random, 400)).substr(0, 200);
  const Planted planted({.not_looked_into = 10});
  const model::Recognition found = planted.search(surface);
  ASSERT_EQ(found.not_looked_into.size(), 11U);
  EXPECT_EQ(found.not_looked_into[10].reason, "and more regions than are listed");
}

TEST(Budgets, KeepEscapesWithinEscapesLinear) {
  // Every combination of escapes in one text: without the rule of search.cc this would be 4^6 copies of it.
  Text surface;
  for (int i = 0; i < 4000; ++i) surface += "%41=42\\u0043&#68; text that goes on %25=3D\\\\&amp; ";
  static const Planted planted;
  const model::Recognition found = planted.search(surface);
  EXPECT_LE(found.searched, 64 * surface.size());
  EXPECT_EQ(found.opaque, 0U);
}

}  // namespace
}  // namespace candor::recognise::test
