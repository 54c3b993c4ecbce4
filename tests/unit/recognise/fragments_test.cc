// SPDX-License-Identifier: Apache-2.0
#include "recognise/fragments.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

using Fragment = FragmentIndex::Fragment;

/// Words nobody uses, so that no two runs are alike.
Text prose(Random& random, std::size_t size) {
  Text text;
  while (text.size() < size) {
    for (std::size_t i = 3 + random() % 6; i > 0; --i) text += static_cast<char>('a' + random() % 26);
    text += random() % 9 == 0 ? ".\n" : " ";
  }
  text.resize(size);
  return text;
}

struct Indexed {
  explicit Indexed(const std::vector<Text>& documents, const std::vector<Text>& boilerplate = {})
      : texts(documents), common(boilerplate) {
    std::vector<FragmentIndex::Source> sources;
    for (std::size_t i = 0; i < texts.size(); ++i) sources.push_back({i, as_bytes(texts[i])});
    std::vector<ByteView> views;
    for (const Text& each : common) views.push_back(as_bytes(each));
    index.emplace(sources, views);
  }
  [[nodiscard]] std::vector<Fragment> in(const Text& surface) const {
    std::vector<Fragment> found;
    index->scan(as_bytes(surface), [&](const Fragment& fragment) { found.push_back(fragment); });
    return found;
  }
  std::vector<Text> texts;
  std::vector<Text> common;
  std::optional<FragmentIndex> index;
};

TEST(Fragments, OfTheShortestLengthAreFoundWhereverTheyBeginAndStand) {
  Random random(1);
  const Indexed one({prose(random, 3000)});
  for (std::size_t begin = 0; begin + kShortestFragment <= 3000; ++begin) {
    const Text piece = one.texts[0].substr(begin, kShortestFragment);
    if (folded_bytes(as_bytes(piece)).size() < kShortestFragment) continue;
    const std::vector<Fragment> found =
        one.in(random_bytes(random, begin % 37) + piece + random_bytes(random, 5));
    ASSERT_EQ(found.size(), 1U) << begin;
    EXPECT_GE(found[0].end - found[0].begin, kShortestFragment);
    EXPECT_LE(found[0].begin, begin);
  }
}

TEST(Fragments, AreFoundAcrossThePiecesALargeLayerIsReadIn) {
  Random random(2);
  const Indexed one({prose(random, 3000)});
  for (std::size_t at = (128U << 10) - 40; at < (128U << 10) + 10; ++at) {
    const Text surface = random_bytes(random, at) + one.texts[0].substr(100, 30) + random_bytes(random, 100);
    const std::vector<Fragment> found = one.in(surface);
    ASSERT_FALSE(found.empty()) << at;
  }
}

TEST(Fragments, AreTheSameInAnyCaseAndWithAnyWhiteSpace) {
  Random random(3);
  const Indexed one({prose(random, 3000)});
  Text piece = one.texts[0].substr(500, 200);
  std::transform(piece.begin(), piece.end(), piece.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (std::size_t at = piece.find(' '); at != Text::npos; at = piece.find(' ', at + 5))
    piece.replace(at, 1, " \r\n\t ");
  const std::vector<Fragment> found = one.in("x" + piece + "x");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_GE(found[0].length, piece.size() - 2);
}

TEST(Fragments, SayWhereTheyStandAndWhatTheyCover) {
  Random random(4);
  const Indexed one({prose(random, 3000)});
  const Text folded(as_text(folded_bytes(as_bytes(one.texts[0]))));
  const Text surface = random_bytes(random, 77) + one.texts[0].substr(1000, 100) + "\x01";
  const std::vector<Fragment> found = one.in(surface);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(one.index->stands_at(0, found[0].begin, found[0].end,
                                   as_bytes(surface).subspan(found[0].offset, found[0].length)));
  EXPECT_FALSE(one.index->stands_at(0, found[0].begin + 1, found[0].end,
                                    as_bytes(surface).subspan(found[0].offset, found[0].length)));
  EXPECT_EQ(as_text(one.index->text_at(0, found[0].begin, found[0].end)),
            folded.substr(found[0].begin, found[0].end - found[0].begin));
}

/// So many documents with a passage in common.
std::vector<Text> sharing(Random& random, std::size_t documents, const Text& shared) {
  std::vector<Text> texts;
  for (std::size_t i = 0; i < documents; ++i)
    texts.push_back(prose(random, 1000) + shared + prose(random, 1000));
  return texts;
}

std::set<std::size_t> documents_of(const std::vector<Fragment>& fragments) {
  std::set<std::size_t> documents;
  for (const Fragment& fragment : fragments) documents.insert(fragment.document);
  return documents;
}

TEST(Fragments, WhatManyDocumentsHaveInCommonDoesNotCount) {
  Random random(5);
  const Text shared = prose(random, 400);
  const Indexed many(sharing(random, kMostSharers + 1, shared));
  EXPECT_TRUE(many.in("!" + shared.substr(50, 300) + "!").empty());
  EXPECT_EQ(documents_of(many.in("!" + many.texts[1].substr(600, 300) + "!")), std::set<std::size_t>{1});
  EXPECT_LE(many.index->counted(1), 2040U);
  EXPECT_GE(many.index->counted(1), 1900U);
}

TEST(Fragments, WhatAFewDocumentsHaveInCommonIsToldOfEachOfThem) {
  Random random(51);
  const Text shared = prose(random, 400);
  for (std::size_t documents = 2; documents <= kMostSharers; ++documents) {
    const Indexed few(sharing(random, documents, shared));
    for (std::size_t begin = 0; begin + 60 < shared.size(); ++begin)
      ASSERT_EQ(documents_of(few.in("!" + shared.substr(begin, 40) + "!")).size(), documents) << begin;
  }
}

TEST(Fragments, OfATwinAreToldOfTheOneWhoseOwnTextStandsBesideThem) {
  Random random(52);
  const Text before = prose(random, 500);
  const Text after = prose(random, 500);
  const Indexed twins({before + " qwmzkxvbn " + after, before + " plqhgjdtr " + after});
  EXPECT_EQ(documents_of(twins.in(before + " qwmzkxvbn " + after)), std::set<std::size_t>{0});
  EXPECT_EQ(documents_of(twins.in(before.substr(300) + " plqhgjdtr " + after)), std::set<std::size_t>{1});
  EXPECT_EQ(documents_of(twins.in(before.substr(0, 400))), (std::set<std::size_t>{0, 1}));
}

TEST(Fragments, WhatADocumentHasInCommonWithOneSentOnPurposeIsNotItsOwn) {
  Random random(53);
  const Text shared = prose(random, 400);
  const Text own = prose(random, 800);
  const Text control = prose(random, 200) + shared;
  const Text document = own + shared;
  const FragmentIndex index({{.document = 0, .bytes = as_bytes(document)},
                             {.document = 1, .bytes = as_bytes(control), .sent_on_purpose = true}},
                            {});
  std::vector<Fragment> found;
  const auto keep = [&](const Fragment& fragment) { found.push_back(fragment); };
  index.scan(as_bytes(control), keep);
  EXPECT_EQ(documents_of(found), std::set<std::size_t>{1});
  found.clear();
  index.scan(as_bytes(own), keep);
  EXPECT_EQ(documents_of(found), std::set<std::size_t>{0});
}

TEST(Fragments, BoilerplateDoesNotCount) {
  Random random(6);
  const Text form = prose(random, 400);
  const Indexed one({prose(random, 1000) + form}, {form});
  EXPECT_TRUE(one.in("!" + form.substr(0, 399) + "!").empty());
}

TEST(Fragments, ThatAreBoilerplateButForALetterDoNotCount) {
  Random random(61);
  const Text form = prose(random, 400);
  const Text document = prose(random, 1000) + "\nx" + form + "y\n" + prose(random, 1000);
  const Indexed one({document}, {form});
  EXPECT_TRUE(one.in("!x" + form + "y\n!").empty());
}

TEST(Fragments, BoilerplateSilencesNothingButItself) {
  Random random(62);
  const Text form = prose(random, 100);
  const Text before = prose(random, 1000);
  const Text after = prose(random, 1000);
  // The boilerplate also has words of the document, but no 16 bytes of it in a row.
  const Indexed one({before + form + after},
                    {form, after.substr(300, 15), "memo " + before.substr(500, 12) + ".txt"});
  for (const Text& own : {before, after})
    for (std::size_t begin = 0; begin + kShortestFragment <= own.size(); ++begin) {
      const Text piece = own.substr(begin, kShortestFragment);
      if (folded_bytes(as_bytes(piece)).size() < kShortestFragment) continue;
      ASSERT_FALSE(one.in("\x01" + piece + "\x01").empty()) << begin;
    }
}

TEST(Fragments, OfRulersAndPaddingDoNotCount) {
  Random random(7);
  const Indexed one({prose(random, 500) + Text(200, '-') + Text(200, '\0') + prose(random, 500)});
  EXPECT_TRUE(one.in(Text(100, '-') + "abc" + Text(100, '\0')).empty());
}

TEST(Fragments, OfBinaryFilesAreFoundAsWell) {
  Random random(8);
  const Indexed one({random_bytes(random, 20000)});
  for (std::size_t begin = 0; begin + 40 < 20000; begin += 61)
    ASSERT_FALSE(one.in("x" + one.texts[0].substr(begin, 40) + "y").empty()) << begin;
}

TEST(Fragments, AddUpToTheWholeDocumentWhenShuffledAndSpread) {
  Random random(9);
  const Text document = prose(random, 20000);
  model::Manifest manifest{.seed = 1};
  manifest.documents.push_back({.id = "d",
                                .spec = "d",
                                .path = "/d",
                                .name = "d",
                                .size = document.size(),
                                .sha256 = sha256_hex(as_bytes(document))});
  const Recogniser recogniser(manifest, {{"d", as_bytes(document)}});
  std::vector<Text> chunks;
  for (std::size_t at = 0; at < document.size(); at += 400) chunks.push_back(document.substr(at, 400));
  std::shuffle(chunks.begin(), chunks.end(), random);
  Text surface;
  for (const Text& chunk : chunks) surface += random_bytes(random, 20) + chunk;
  const model::Recognition found = recogniser.search(as_bytes(surface));
  ASSERT_EQ(found.coverage.size(), 1U);
  std::uint64_t covered = 0;
  for (const model::Coverage::Part& part : found.coverage[0].parts) covered += part.end - part.begin;
  EXPECT_GE(covered, found.coverage[0].of * 98 / 100);
  EXPECT_LE(found.hits.size(), Limits{}.hits_per_thing);
}

TEST(Fragments, OfDocumentsTooLargeForTheIndexAreSaidNotToBeLookedFor) {
  const Text document(17U << 20, 'x');
  model::Manifest manifest{.seed = 1};
  manifest.documents.push_back({.id = "d",
                                .spec = "d",
                                .path = "/d",
                                .name = "d",
                                .size = document.size(),
                                .sha256 = sha256_hex(as_bytes(document))});
  const Recogniser recogniser(manifest, {{"d", as_bytes(document)}});
  const Text surface = "nothing to see here";
  const model::Recognition found = recogniser.search(as_bytes(surface));
  ASSERT_EQ(found.not_looked_into.size(), 1U);
  EXPECT_EQ(found.not_looked_into[0].bytes, surface.size());
}

TEST(Fragments, OfADocumentWhoseTextIsMostlyBoilerplateAreSaidToBeMissed) {
  Random random(11);
  const Text form = prose(random, 800);
  for (const bool mostly : {false, true}) {
    const Text document = prose(random, mostly ? 200 : 800) + form;
    model::Manifest manifest{.seed = 1};
    manifest.documents.push_back({.id = "d",
                                  .spec = "d",
                                  .path = "/d",
                                  .name = "d",
                                  .size = document.size(),
                                  .sha256 = sha256_hex(as_bytes(document))});
    const Recogniser recogniser(manifest, {{"d", as_bytes(document), as_bytes(document)}}, {},
                                {as_bytes(form)});
    const Text surface = "nothing to see here";
    EXPECT_EQ(recogniser.search(as_bytes(surface)).not_looked_into.size(), mostly ? 1U : 0U);
  }
}

TEST(Fragments, OfRandomBytesAreNone) {
  Random random(10);
  const Indexed one({prose(random, 100000)});
  EXPECT_TRUE(one.in(random_bytes(random, 20'000'000)).empty());
}

}  // namespace
}  // namespace candor::recognise::test
