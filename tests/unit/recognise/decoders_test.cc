// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "recognise/decoder.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

TEST(Decoders, HaveDistinctNamesAndAWayToBeFound) {
  std::set<std::string> names;
  for (const Decoder& decoder : decoders()) {
    EXPECT_TRUE(names.insert(decoder.name).second) << decoder.name;
    EXPECT_NE(decoder.decode, nullptr) << decoder.name;
    EXPECT_EQ(decoder.runs == nullptr, decoder.trigger != nullptr || decoder.at_begin) << decoder.name;
    EXPECT_EQ(decoder.start != nullptr, decoder.trigger != nullptr && decoder.nature == Nature::container)
        << decoder.name;
  }
}

class EachDisguise : public testing::TestWithParam<Disguise> {};
/// Those that can carry more than text.
class EachDisguiseOfBytes : public testing::TestWithParam<Disguise> {};
std::vector<Disguise> for_any_bytes() {
  std::vector<Disguise> some = disguises();
  std::erase_if(some, [](const Disguise& disguise) { return disguise.text_only; });
  return some;
}

INSTANTIATE_TEST_SUITE_P(Decoders, EachDisguise, testing::ValuesIn(disguises()), [](const auto& instance) {
  std::string name = instance.param.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

INSTANTIATE_TEST_SUITE_P(Decoders, EachDisguiseOfBytes, testing::ValuesIn(for_any_bytes()),
                         [](const auto& instance) {
                           std::string name = instance.param.name;
                           std::replace_if(
                               name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; },
                               '_');
                           return name;
                         });

TEST_P(EachDisguise, IsSeenThroughAtEveryOffsetAndAlignment) {
  const Planted planted;
  Random random(7);
  for (std::size_t shift = 0; shift < 6; ++shift) {
    const Text worn = GetParam().apply(words(random, shift) + " ref " + kToken + " end of the reference");
    for (std::size_t offset = 0; offset < 9; ++offset) {
      const Text in_noise = random_bytes(random, offset) + worn + random_bytes(random, 40);
      EXPECT_TRUE(finds_token(planted, in_noise)) << base64(in_noise);
      const Text in_text = words(random, 40 + offset) + worn + words(random, 40);
      EXPECT_TRUE(finds_token(planted, in_text)) << base64(in_text);
    }
  }
}

TEST_P(EachDisguise, IsSeenThroughAtTheVeryEndOfALargeSurface) {
  const Planted planted;
  Random random(8);
  const Text surface =
      random_bytes(random, 100'000) + GetParam().apply("the reference is " + Text(kToken) + ".");
  EXPECT_TRUE(finds_token(planted, surface));
}

TEST_P(EachDisguise, LeavesNothingOpaqueOfText) {
  const Planted planted;
  Random random(9);
  const model::Recognition found = planted.search(GetParam().apply(words(random, 3000)));
  EXPECT_EQ(found.opaque, 0U);
  EXPECT_TRUE(found.not_looked_into.empty());
}

TEST_P(EachDisguiseOfBytes, LeavesRandomBytesOpaque) {
  const Planted planted;
  Random random(10);
  const model::Recognition found = planted.search(GetParam().apply(random_bytes(random, 2000)));
  EXPECT_GE(found.opaque, 1900U);
}

TEST(Decoders, SeeThroughRandomStacksOfFour) {
  const char* given = std::getenv("CANDOR_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::printf("seed %llu (CANDOR_TEST_SEED repeats it)\n", static_cast<unsigned long long>(seed));
  const Planted planted({.depth = 8});  // Some disguises are two layers.
  Random random(seed);
  for (int round = 0; round < 150; ++round) {
    Text surface = words(random, random() % 30) + " " + kToken + " " + words(random, random() % 30);
    std::string stack;
    bool is_text = true;
    for (std::uint64_t depth = 1 + random() % 4; depth > 0; --depth) {
      const Disguise& disguise = disguises()[random() % disguises().size()];
      if (disguise.text_only && !is_text) continue;
      surface = disguise.apply(surface);
      stack += std::string(" ") + disguise.name;
      is_text = is_utf8_text(as_bytes(surface));
    }
    const bool in_text = random() % 2 == 0;
    const auto around = [&] {
      return in_text ? words(random, random() % 200) : random_bytes(random, random() % 200);
    };
    const Text before = around();
    surface = before + surface + around();
    ASSERT_TRUE(finds_token(planted, surface))
        << "seed " << seed << " round " << round << ":" << stack << "\n"
        << base64(surface);
  }
}

TEST(Decoders, ReportTheWholeChainWithOffsets) {
  const Planted planted;
  const Text inner = "kept: " + Text(kToken);
  const Text packed = gzip(inner);
  const model::Recognition found = planted.search("{\"data\":\"" + base64(packed) + "\"}");
  ASSERT_EQ(found.hits.size(), 1U);
  const model::Hit& hit = found.hits[0];
  ASSERT_EQ(chain_text(hit), "base64 gzip");
  EXPECT_EQ(hit.chain[0].offset, 9U);
  EXPECT_EQ(hit.chain[0].produced, packed.size());
  EXPECT_EQ(hit.chain[1].offset, 0U);
  EXPECT_EQ(hit.chain[1].length, packed.size());
  EXPECT_EQ(hit.chain[1].produced, inner.size());
  EXPECT_EQ(hit.offset, 6U);
  EXPECT_EQ(hit.length, 26U);
  EXPECT_EQ(hit.place, "body page 1");
}

TEST(Decoders, GiveWhatACutOffContainerHolds) {
  const Planted planted;
  Random random(3);
  // Long enough that half of it cannot be taken for bytes that only look like a zlib header.
  const Text inner = Text(kToken) + random_bytes(random, 12000);
  for (const auto& [name, whole] : {std::pair{"gzip", gzip(inner)},
                                    {"zlib", zlib(inner)},
                                    {"zip", zip(inner)},
                                    {"chunked", chunked(inner)}}) {
    const Text cut = whole.substr(0, whole.size() / 2);
    EXPECT_TRUE(finds_token(planted, cut)) << name;
    const model::Recognition found = planted.search(cut);
    EXPECT_FALSE(found.not_looked_into.empty()) << name;
    EXPECT_GE(found.opaque, 5500U) << name;
  }
}

TEST(Decoders, GiveWhatACorruptContainerHeldBeforeTheDamage) {
  const Planted planted;
  Random random(4);
  Text packed = gzip(Text(kToken) + words(random, 20'000));
  packed[packed.size() / 2] = static_cast<char>(~packed[packed.size() / 2]);
  EXPECT_TRUE(finds_token(planted, packed));
  EXPECT_FALSE(planted.search(packed).not_looked_into.empty());
}

TEST(Decoders, ReadGzipMembersThatPartATokenAsOneStream) {
  const Planted planted;
  const Text token = kToken;
  EXPECT_TRUE(finds_token(planted, gzip("x" + token.substr(0, 9)) + gzip(token.substr(9) + "y")));
}

TEST(Decoders, ReadChunksThatPartAToken) {
  const Planted planted;
  const model::Recognition found = planted.search(chunked("first " + Text(kToken) + " last"));
  ASSERT_EQ(found.hits.size(), 1U);
  EXPECT_EQ(chain_text(found.hits[0]), "http-chunked");
  EXPECT_EQ(found.opaque, 0U);
}

TEST(Decoders, ReadPipelinedChunkedRequestsWithGzipBodies) {
  const Planted planted;
  const Text surface = chunked(gzip("nothing here")) + chunked(gzip("kept: " + Text(kToken)));
  const model::Recognition found = planted.search(surface);
  ASSERT_EQ(found.hits.size(), 1U);
  EXPECT_EQ(chain_text(found.hits[0]), "http-chunked gzip");
  EXPECT_EQ(found.opaque, 0U);
}

TEST(Decoders, SayThatAZipMemberIsEncrypted) {
  const Planted planted;
  Random random(5);
  Text archive = stored_zip(random_bytes(random, 3000));
  archive[6] = 1;
  const model::Recognition found = planted.search(archive);
  ASSERT_EQ(found.not_looked_into.size(), 1U);
  EXPECT_EQ(found.not_looked_into[0].reason, "encrypted zip member");
  EXPECT_GE(found.not_looked_into[0].bytes, 3000U);
  EXPECT_GE(found.opaque, 3000U);
}

TEST(Decoders, UndoJsonEscapesInsideBase64) {
  const Planted planted;
  Text armoured = base64(gzip(Text(kToken) + " 0123456789"));
  for (std::size_t at = 20; at < armoured.size(); at += 22) armoured.insert(at, "\\n");
  const model::Recognition found = planted.search("{\"file\": \"" + armoured + "\", \"n\": 1}");
  ASSERT_FALSE(found.hits.empty());
  EXPECT_EQ(chain_text(found.hits[0]), "json base64 gzip");
}

}  // namespace
}  // namespace candor::recognise::test
