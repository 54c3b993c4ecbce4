// SPDX-License-Identifier: Apache-2.0
#include "recognise/digests.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/hash.h"
#include "recognise/digest_index.h"

namespace candor::recognise::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A linear congruential generator, so that other programs can make the same bytes.
Bytes sample(std::size_t size) {
  Bytes bytes;
  std::uint32_t state = 12345;
  for (std::size_t i = 0; i < size; ++i) {
    state = (state * 1103515245U + 12345U) & 0x7fffffffU;
    bytes.push_back(static_cast<std::uint8_t>(state >> 16U));
  }
  return bytes;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A package of 70000 bytes (CRC-32 07aa34d9) and what belongs to it.
struct Plan {
  Bytes content = sample(70000);
  std::string text = "The text of the plan, as a reader sees it.";
  std::string body = "<w:document>the plan</w:document>";
  [[nodiscard]] DocumentParts parts() const {
    return {.document = "plan",
            .content = content,
            .text = as_bytes(text),
            .members = {{"[Content_Types].xml", as_bytes("<Types>what every package has</Types>")},
                        {"word/document.xml", as_bytes(body)}},
            .name = "Plan Übersicht 7.docx",
            .path = "C:\\Users\\Ann\\Plan Übersicht 7.docx"};
  }
};

std::string what(const DigestSet& set, const Digest& digest) {
  return fmt::format("{} of {}", digest.algorithm_name(), set.subjects[digest.subject]);
}

/// What each digest is of, to its value in hex.
std::map<std::string, std::string> in_hex(const DigestSet& set) {
  std::map<std::string, std::string> all;
  for (const Digest& digest : set.digests) all[what(set, digest)] = to_hex(digest.bytes());
  return all;
}

struct Known {
  const char* what;
  const char* hex;
};
/// By Python's hashlib.
constexpr Known kKnown[] = {
    {"md5 of file", "ad71026769d9fa8e287b717535304c78"},
    {"sha1 of file", "10719a02dee7e7c3dd34cc581858e4e7b54854c5"},
    {"sha224 of file", "b122eb144a1161989f08334bda3f1bfbfb0c71b4826940d3489314df"},
    {"sha256 of file", "3ae011ddb58bbc97ebe63fe046f9e819e7b8db6869fdd220a34e3e8fd238aed0"},
    {"sha384 of file",
     "06c01d2c5da57d33965f8b898110b90ea588d5bfe93337efa755a435de94a2c1fb818c061bbd838d918d"
     "87c870f0562e"},
    {"sha512 of file",
     "2fa2817050392db41369d2b310dfe552f15be8eecc08e56407bf1f7e3d28fd9dfd31cdf2656c0c443bf8"
     "e6f1e01adbfd9a22769938bbeb84fde7a0987c721794"},
    {"sha3-256 of file", "0c790bad540e3a0e3c03d3dd7a667d908b61e99564be1da148f46a84966874ca"},
    {"sha3-512 of file",
     "dfc88015672d1063c51b935ae072598e18963dcd44c9efd0fcd400ada983ddff6311413657dcf0276c81"
     "61bc4267999e5d09c716e443b7a09e19d6c76a2c5e78"},
    {"blake2b-512 of file",
     "6dfb370ca4422507c01b9b8ca597583eab13229d9743f13527b0432efeb2f5e8ef94e88c76ddb429f89f"
     "8ebdcab9f6b979d6a0464dcbb0a4350ad90dda150521"},
    {"blake2b-256 of file", "4357e3d93163882bb00197f2ef317555a1a39cc3a7b9b4d229f4901588161940"},
    {"blake2s-256 of file", "844d6a4e230dcd5a598c532d6e93b2eccdfe99838efe1cc3140981b4906e4a1e"},
    {"sha256 of 4 KiB at 0", "9a54a3002237623bd50e4d15cdaebbe324505c78975401ed944cbdfb79bfa9a7"},
    {"md5 of 4 KiB at 65536", "a7eca8f03d1b281a38fd6f4d8d5d07a5"},
    {"sha1 of 4 KiB at 69632", "decdc5543cd2742f7979aa3a2f43666f89fe64e1"},
    {"sha256 of 64 KiB at 0", "4af0113637fb17b7940e0dcc462dd1ff004effed74281f36ade27a6de61ca6a1"},
    {"blake2b-256 of 64 KiB at 65536", "8e1cc7986c0fd2f197db654667bb8c986eccc343a3373273830cba2fcb1bca00"},
    {"sha256 of text", "881044cb1e4ad8807abe148523ef30665384268b85cd3681913b2b16fa4272fd"},
    {"md5 of member word/document.xml", "53bc791f861edaee756d5b709e240354"},
    {"sha256 of name", "011ab3b0a917566f29e249e2349945196fd6908aa14d43a5d26893d58d10e9a4"},
    {"md5 of name in lower case", "9a6118b24b11ad16297eeafeb88c242f"},
    {"sha1 of name in UTF-16LE", "782b3baac415df4db3107d29091966ded42344db"},
    {"sha1 of name in lower case, UTF-16LE", "02ea07297dc758b95d957111712aefd7e0ec3d44"},
    {"sha256 of name without extension", "eb2ad6a5fb02aa75d6e16480512e5e2dc69209d61b330145c7e64a48ad8d70ab"},
    {"sha256 of path", "c4daeec46a86835f3363bb7f7d60f72c3e502a4add2790ed505987967efd25c2"},
    {"md5 of path in lower case, UTF-16LE", "f57a01db92ca9ae8da25068f2847fee9"},
};

TEST(Digests, AreThoseOtherProgramsCompute) {
  const Plan plan;
  const std::map<std::string, std::string> all = in_hex(digests_of({plan.parts()}));
  for (const Known& known : kKnown) {
    ASSERT_TRUE(all.contains(known.what)) << known.what;
    EXPECT_EQ(all.at(known.what), known.hex) << known.what;
  }
}

TEST(Digests, OfAFileCoverEveryChunkAndTheLastPartialOne) {
  const Plan plan;
  const std::map<std::string, std::string> all = in_hex(digests_of({plan.parts()}));
  std::size_t small = 0;
  std::size_t large = 0;
  for (const auto& [name, hex] : all) {
    if (name.starts_with("md5 of 4 KiB")) ++small;
    if (name.starts_with("md5 of 64 KiB")) ++large;
  }
  EXPECT_EQ(small, 18U);
  EXPECT_EQ(large, 2U);
}

TEST(Digests, AreNotMadeOfWhatIsEmptyShortMonotonousOrPlumbing) {
  const Bytes zeros(8192);
  const std::string short_name = "a.txt";
  const DigestSet set =
      digests_of({{.document = "a",
                   .content = zeros,
                   .members = {{"_rels/.rels", as_bytes("<Relationships>of a package</Relationships>")},
                               {"word/styles.xml", as_bytes("<styles>of a package</styles>")}},
                   .name = short_name}});
  EXPECT_THAT(set.digests, IsEmpty());
  EXPECT_THAT(set.checksums, IsEmpty());
}

TEST(Digests, DoNotCountWhenTwoDocumentsShareThem) {
  std::mt19937_64 random(3);
  const Bytes common = random_bytes(random, 4096);
  const Bytes first = common + random_bytes(random, 4096);
  const Bytes second = common + random_bytes(random, 4096);
  const std::map<std::string, std::string> all =
      in_hex(digests_of({{.document = "a", .content = first}, {.document = "b", .content = second}}));
  EXPECT_FALSE(all.contains("sha256 of 4 KiB at 0"));
  EXPECT_TRUE(all.contains("sha256 of 4 KiB at 4096"));
  EXPECT_TRUE(all.contains("sha256 of file"));
}

/// Computed with coreutils: printf of the value, without a line break, into md5sum and sha256sum.
TEST(Digests, OfIdentitiesAreMadeOfEachFormTheyAreWrittenIn) {
  const std::map<std::string, std::string> all =
      in_hex(digests_of({}, {{"user", "tamsin.dorevakin"},
                             {"host", "nobody"},
                             {"machine id", "5f0c8b1e9d7a4c6293be10f4a8d2c7e6"}}));
  EXPECT_EQ(all.at("sha256 of user"), "ec952ef403aa4ec12901cdeac04c76a36ccef9c61d5d9df3ecf113fa55dac843");
  EXPECT_EQ(all.at("md5 of machine id"), "de9d7a744c1820e2ca908b0eace6c646");
  EXPECT_EQ(all.at("md5 of machine id in upper case"), "df6763fcbac3af4b8c7ffdfc2f815051");
  EXPECT_EQ(all.at("sha256 of machine id as a UUID"),
            "76faeb8a060c59bb5fc4fac7f475b692a6fce5df8a89e46c76cb3b4e07745e33");
  EXPECT_EQ(all.at("sha256 of machine id, its 16 bytes"),
            "78e5174874c0858a57b88084ebee0f611214afa1670e749f7358c55766bbf15c");
  EXPECT_EQ(all.at("sha256 of machine id, its 16 bytes as a GUID"),
            "e8be068a19d914438ca682eea458e7ce6159ab247a19423d15a907068ee41c13");
  EXPECT_FALSE(all.contains("sha256 of host")) << "too short to be told from any word";
}

TEST(Digests, OfOneFileTwiceCountForNeither) {
  const Bytes content = sample(3000);
  const DigestSet set =
      digests_of({{.document = "a", .content = content}, {.document = "b", .content = content}});
  EXPECT_THAT(set.digests, IsEmpty());
  EXPECT_THAT(set.checksums, IsEmpty());
}

TEST(Digests, OfAFileShorterThanAChunkAreNamedAfterTheFile) {
  const Bytes content = sample(3000);
  const DigestSet set = digests_of({{.document = "a", .content = content}});
  EXPECT_THAT(set.digests, SizeIs(11));
  for (const Digest& digest : set.digests) EXPECT_EQ(set.subjects[digest.subject], "file");
}

/// A place where something was found, in words.
struct Found {
  std::string what;
  std::string form;
  std::size_t offset;
  std::size_t length;
  bool operator==(const Found&) const = default;
};
void PrintTo(const Found& found, std::ostream* out) {
  *out << found.what << ", " << found.form << ", " << found.length << " at " << found.offset;
}

/// All hits, each of which must stand where it says.
std::vector<Found> find(const DigestIndex& index, ByteView layer) {
  std::vector<Found> all;
  index.scan(map_of(layer), [&](const DigestHit& hit) {
    EXPECT_EQ(hit.document, "plan");
    EXPECT_TRUE(index.stands_at(layer, hit.to_model())) << hit.what() << " at " << hit.offset;
    model::Hit moved = hit.to_model();
    ++moved.offset;
    EXPECT_FALSE(index.stands_at(layer, moved));
    all.push_back({hit.what(), hit.form, hit.offset, hit.length});
  });
  return all;
}
std::vector<Found> find(const DigestIndex& index, std::string_view layer) {
  return find(index, as_bytes(layer));
}

class PlanIndex : public testing::Test {
 protected:
  Plan plan;
  DigestSet set = digests_of({plan.parts()});
  DigestIndex index{set};
  std::mt19937_64 random{5};

  [[nodiscard]] Bytes value(const std::string& name) const {
    for (const Digest& digest : set.digests)
      if (what(set, digest) == name) return {digest.bytes().begin(), digest.bytes().end()};
    ADD_FAILURE() << "no " << name;
    return {};
  }
};

TEST_F(PlanIndex, FindsEveryDigestAtEveryAlignmentAlsoAtTheVeryEnd) {
  for (const Digest& digest : set.digests) {
    const Bytes bytes(digest.bytes().begin(), digest.bytes().end());
    for (std::size_t offset = 0; offset < 18; ++offset) {
      const Found expected{what(set, digest), "raw", offset, bytes.size()};
      EXPECT_THAT(find(index, random_bytes(random, offset) + bytes), ElementsAre(expected));
      EXPECT_THAT(find(index, random_bytes(random, offset) + bytes + random_bytes(random, 1 + offset)),
                  ElementsAre(expected));
    }
  }
}

TEST_F(PlanIndex, FindsTheFirstOrLastEightBytesOrMore) {
  const Bytes bytes = value("sha256 of file");
  for (std::size_t size = 8; size < bytes.size(); ++size) {
    const Bytes first(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const Bytes last(bytes.end() - static_cast<std::ptrdiff_t>(size), bytes.end());
    EXPECT_THAT(find(index, Bytes{0, 1, 2} + first),
                ElementsAre(Found{"sha256 of file", "first bytes", 3, size}));
    EXPECT_THAT(find(index, Bytes{0, 1, 2} + last),
                ElementsAre(Found{"sha256 of file", "last bytes", 3, size}));
  }
}

TEST_F(PlanIndex, DoesNotFindSevenBytesOrTheMiddle) {
  const Bytes bytes = value("sha256 of file");
  EXPECT_THAT(find(index, ByteView(bytes).first(7)), IsEmpty());
  EXPECT_THAT(find(index, ByteView(bytes).last(7)), IsEmpty());
  EXPECT_THAT(find(index, ByteView(bytes).subspan(1, 30)), IsEmpty());
}

TEST_F(PlanIndex, FindsBothEndsOfADigestWithAHole) {
  Bytes bytes = value("sha256 of file");
  bytes[16] = static_cast<std::uint8_t>(bytes[16] ^ 1U);
  EXPECT_THAT(find(index, bytes), ElementsAre(Found{"sha256 of file", "first bytes", 0, 16},
                                              Found{"sha256 of file", "last bytes", 17, 15}));
}

TEST_F(PlanIndex, FindsHexOfEitherCaseInsideLongerWordsAtEveryOffset) {
  const std::string lower = to_hex(value("md5 of name in lower case"));
  std::string upper = lower;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (std::size_t offset = 0; offset < 20; ++offset)
    for (const std::string& hex : {lower, upper}) {
      const Found expected{"md5 of name in lower case", "hex", offset, 32};
      EXPECT_THAT(find(index, std::string(offset, 'f') + hex), ElementsAre(expected));
      EXPECT_THAT(find(index, std::string(offset, 'q') + hex + "zz"), ElementsAre(expected));
      EXPECT_THAT(find(index, std::string(offset, '0') + hex + std::string(offset + 1, '7')),
                  ElementsAre(expected));
    }
}

TEST_F(PlanIndex, FindsHexEverywhereInALongRun) {
  const std::string hex = to_hex(value("sha512 of file"));
  const std::string run = to_hex(sample(40'000));
  for (const std::size_t offset :
       {16'256, 16'257, 16'300, 16'383, 16'384, 16'385, 16'500, 32'700, 32'768, 79'872}) {
    std::string layer = run;
    layer.replace(offset, hex.size(), hex);
    EXPECT_THAT(find(index, layer), ElementsAre(Found{"sha512 of file", "hex", offset, hex.size()}));
  }
}

TEST_F(PlanIndex, FindsSixteenHexDigitsOfEitherEnd) {
  const std::string hex = to_hex(value("sha256 of path"));
  EXPECT_THAT(find(index, "id=" + hex.substr(0, 16)),
              ElementsAre(Found{"sha256 of path", "first bytes in hex", 3, 16}));
  EXPECT_THAT(find(index, "id=" + hex.substr(48) + "-1"),
              ElementsAre(Found{"sha256 of path", "last bytes in hex", 3, 16}));
  EXPECT_THAT(find(index, "id=" + hex.substr(0, 15)), IsEmpty());
}

TEST_F(PlanIndex, FindsACrcBeforeTheSizeInAGzipTrailer) {
  const Bytes trailer = {0xd9, 0x34, 0xaa, 0x07, 0x70, 0x11, 0x01, 0x00};
  EXPECT_THAT(find(index, sample(21) + trailer + sample(9)),
              ElementsAre(Found{"crc32 of file", "gzip trailer", 21, 8}));
  EXPECT_THAT(find(index, sample(21) + Bytes{0xd9, 0x34, 0xaa, 0x07, 0x71, 0x11, 0x01, 0x00}), IsEmpty());
}

TEST_F(PlanIndex, FindsACrcInZipHeaders) {
  const Bytes sums = {0xd9, 0x34, 0xaa, 0x07, 1, 2, 3, 0, 0x70, 0x11, 0x01, 0x00};
  const Bytes local = Bytes{'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0, 9, 9, 9, 9} + sums;
  const Bytes central = Bytes{'P', 'K', 1, 2, 20, 0, 20, 0, 0, 0, 8, 0, 9, 9, 9, 9} + sums;
  const Bytes descriptor = Bytes{'P', 'K', 7, 8} + sums;
  EXPECT_THAT(find(index, Bytes{'P'} + local), ElementsAre(Found{"crc32 of file", "zip header", 15, 12}));
  EXPECT_THAT(find(index, Bytes{'P', 'K'} + central),
              ElementsAre(Found{"crc32 of file", "zip header", 18, 12}));
  EXPECT_THAT(find(index, descriptor + sample(3)), ElementsAre(Found{"crc32 of file", "zip header", 4, 12}));
  EXPECT_THAT(find(index, ByteView(descriptor).first(15)), IsEmpty());
  EXPECT_THAT(find(index, sums), IsEmpty());
}

TEST_F(PlanIndex, FindsACrcInTextOnlyNearTheSizeOrTheName) {
  const auto crc = [](const char* form, std::size_t offset) {
    return ElementsAre(Found{"crc32 of file", form, offset, 8});
  };
  static_assert(0x07aa34d9 == 128595161);
  EXPECT_THAT(find(index, "crc=07aa34d9 size=70000"), crc("hex", 4));
  EXPECT_THAT(find(index, "70000;0x07AA34D9;"), crc("hex", 8));
  EXPECT_THAT(find(index, "128595161,70000"), ElementsAre(Found{"crc32 of file", "decimal", 0, 9}));
  EXPECT_THAT(find(index, "07aa34d9 *Plan Übersicht 7.docx"), crc("hex", 0));
  EXPECT_THAT(find(index, "07aa34d9"), IsEmpty());
  EXPECT_THAT(find(index, "crc=07aa34d9 size=170000"), IsEmpty());
  EXPECT_THAT(find(index, "crc=07aa34d9a size=70000"), IsEmpty());
  EXPECT_THAT(find(index, "crc=107aa34d9 size=70000"), IsEmpty());
  EXPECT_THAT(find(index, "1285951610,70000"), IsEmpty());
  EXPECT_THAT(find(index, "07aa34d9" + std::string(200, ' ') + "70000"), IsEmpty());
}

TEST_F(PlanIndex, FindsNothingInAHundredMillionRandomBytes) {
  Bytes bytes(100'000'000);
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::uint64_t eight = random();
    std::memcpy(&bytes[i], &eight, sizeof eight);
  }
  EXPECT_THAT(find(index, bytes), IsEmpty());
}

TEST_F(PlanIndex, FindsNothingInWhatIsMonotonous) {
  EXPECT_THAT(find(index, Bytes(100'000)), IsEmpty());
  EXPECT_THAT(find(index, std::string(100'000, '0')), IsEmpty());
  EXPECT_THAT(find(index, std::string(100'000, 'P')), IsEmpty());
}

TEST(DigestIndex, HoldsHundredsOfThousandsOfDigests) {
  std::mt19937_64 random(11);
  DigestSet set{.documents = {"plan"}, .names = {""}, .subjects = {"file"}};
  for (int i = 0; i < 300'000; ++i) {
    Digest digest{.size = 32};
    for (std::size_t at = 0; at < 32; at += 8) {
      const std::uint64_t eight = random();
      std::memcpy(&digest.value[at], &eight, sizeof eight);
    }
    set.digests.push_back(digest);
  }
  const DigestIndex index(set);
  Bytes layer;
  for (std::size_t i = 0; i < set.digests.size(); i += 2991)
    layer =
        std::move(layer) + Bytes(i % 5) + Bytes(set.digests[i].bytes().begin(), set.digests[i].bytes().end());
  EXPECT_THAT(find(index, layer), SizeIs(101));
}

TEST(DigestIndex, WithoutDigestsFindsNothing) {
  const DigestIndex index({});
  EXPECT_THAT(find(index, sample(1000)), IsEmpty());
}

TEST(DigestIndex, DoesNotMakeKeysOfFewDistinctBytes) {
  DigestSet set{.documents = {"plan"}, .names = {""}, .subjects = {"file"}};
  Digest digest{.size = 32};
  for (std::size_t i = 24; i < 32; ++i) digest.value[i] = static_cast<std::uint8_t>(i);
  set.digests.push_back(digest);
  const DigestIndex index(set);
  EXPECT_THAT(find(index, Bytes(100)), IsEmpty());
  EXPECT_THAT(find(index, digest.bytes()), ElementsAre(Found{"md5 of file", "raw", 0, 32}));
}

}  // namespace
}  // namespace candor::recognise::test
