// SPDX-License-Identifier: Apache-2.0
//
// OLE2 compound files. libreoffice.doc and libreoffice.xls were written by LibreOffice 7.4 ("MS Word 97", "MS
// Excel 97") from a text and a table with kToken; what other writers do differently is done to them here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "recognise/decoder.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

constexpr std::size_t kRoom = 64U << 20;
constexpr std::size_t kSector = 512;

Text file(const char* name) {
  std::ifstream stream(std::filesystem::path(CANDOR_SOURCE_DIR) / "tests/data/recognise" / name,
                       std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Decoded decode(const Text& bytes, std::size_t max_output = kRoom) {
  for (const Decoder& each : decoders())
    if (each.name == std::string_view("cfb")) return each.decode(as_bytes(bytes), max_output);
  ADD_FAILURE() << "there is no decoder cfb";
  return {};
}

Text member(const Decoded& decoded, std::string_view name) {
  for (const Member& each : decoded.members)
    if (each.name == name) return Text(as_text(decoded.bytes).substr(each.begin, each.size));
  return {};
}

std::size_t number(const Text& bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i - 1));
  return value;
}

void put(Text& bytes, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<char>(value >> 8 * i);
}

std::size_t at_sector(std::size_t sector) { return (sector + 1) * kSector; }

/// Where the entry of that name stands in the file's directory.
std::size_t entry(const Text& bytes, const Text& name) {
  const std::size_t at = bytes.rfind(utf16le(name + Text(1, '\0')));
  EXPECT_NE(at, Text::npos) << name;
  return at;
}

/// The file with the sectors of a stream moved behind its end, the last first.
Text scattered(Text bytes, const Text& stream) {
  const std::size_t table = at_sector(number(bytes, 0x4c));
  std::vector<std::size_t> chain;
  for (std::size_t at = number(bytes, entry(bytes, stream) + 0x74); at < 0xfffffff0;
       at = number(bytes, table + 4 * at))
    chain.push_back(at);
  std::size_t next = 0xfffffffe;
  while (!chain.empty()) {
    const std::size_t moved = bytes.size() / kSector - 1;
    bytes += bytes.substr(at_sector(chain.back()), kSector);
    bytes.replace(at_sector(chain.back()), kSector, kSector, '\0');
    put(bytes, table + 4 * chain.back(), 0xffffffff);
    put(bytes, table + 4 * moved, next);
    next = moved;
    chain.pop_back();
  }
  put(bytes, entry(bytes, stream) + 0x74, next);
  return bytes;
}

/// A file of version 4, with sectors of 4096 bytes: the table, the directory, and one stream
/// ([MS-CFB] 2.2, 2.6).
Text version4(const Text& name, const Text& content) {
  constexpr std::size_t kLarge = 4096;
  constexpr std::size_t kNone = 0xffffffff;
  constexpr std::size_t kEnd = 0xfffffffe;
  const std::size_t sectors = (content.size() + kLarge - 1) / kLarge;
  Text bytes(3 * kLarge, '\0');
  bytes.replace(0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
  put(bytes, 0x18, 4U << 16 | 0x3e);
  put(bytes, 0x1c, 12U << 16 | 0xfffe);
  put(bytes, 0x20, 6);
  put(bytes, 0x28, 1);  // sectors of the directory
  put(bytes, 0x2c, 1);  // sectors of the table
  put(bytes, 0x30, 1);
  put(bytes, 0x38, kLarge);
  put(bytes, 0x3c, kEnd);
  put(bytes, 0x44, kEnd);
  for (std::size_t i = 1; i < 109; ++i) put(bytes, 0x4c + 4 * i, kNone);
  for (std::size_t i = 0; i < kLarge / 4; ++i) put(bytes, kLarge + 4 * i, kNone);
  put(bytes, kLarge, 0xfffffffd);
  put(bytes, kLarge + 4, kEnd);
  for (std::size_t i = 0; i < sectors; ++i) put(bytes, kLarge + 8 + 4 * i, i + 1 == sectors ? kEnd : i + 3);
  const auto add_entry = [&](std::size_t at, const Text& title, std::size_t type, std::size_t child) {
    bytes.replace(at, 2 * title.size(), utf16le(title));
    put(bytes, at + 0x40, type << 16 | (2 * title.size() + 2));
    for (const std::size_t link : {0x44U, 0x48U}) put(bytes, at + link, kNone);
    put(bytes, at + 0x4c, child);
    put(bytes, at + 0x74, kEnd);
  };
  add_entry(2 * kLarge, "Root Entry", 5, 1);
  add_entry(2 * kLarge + 128, name, 2, kNone);
  put(bytes, 2 * kLarge + 128 + 0x74, 2);
  put(bytes, 2 * kLarge + 128 + 0x78, content.size());
  bytes += content;
  bytes.resize((3 + sectors) * kLarge);
  return bytes;
}

TEST(CompoundFiles, OfAnotherProgramAreReadToTheirEnd) {
  const Planted planted;
  for (const auto& [name, stream] :
       {std::pair("libreoffice.doc", "WordDocument"), std::pair("libreoffice.xls", "Workbook")}) {
    const Text bytes = file(name);
    const Decoded decoded = decode(bytes);
    EXPECT_TRUE(decoded.complete) << decoded.reason;
    EXPECT_EQ(decoded.reason, "");
    EXPECT_EQ(decoded.consumed, bytes.size());
    EXPECT_FALSE(member(decoded, stream).empty()) << name;
    EXPECT_EQ(member(decoded, "\5SummaryInformation").substr(0, 4),
              Text("\xfe\xff\0\0", 4));  // a small stream
    EXPECT_TRUE(finds_token(planted, bytes)) << name;
    EXPECT_TRUE(finds_token(planted, "junk" + gzip(bytes))) << name;
  }
}

TEST(CompoundFiles, AreFollowedAlongTheirChains) {
  const Planted planted;
  const Text plain = file("libreoffice.doc");
  const Text bytes = scattered(plain, "WordDocument");
  const Decoded decoded = decode(bytes);
  EXPECT_TRUE(decoded.complete) << decoded.reason;
  EXPECT_EQ(member(decoded, "WordDocument"), member(decode(plain), "WordDocument"));
  EXPECT_TRUE(finds_token(planted, bytes));
}

TEST(CompoundFiles, OfVersionFourHaveLargerSectors) {
  const Planted planted;
  Text content(9000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i / 7);
  content.replace(4090, Text(kToken).size(), kToken);
  const Text bytes = version4("Notes", content);
  const Decoded decoded = decode(bytes);
  EXPECT_TRUE(decoded.complete) << decoded.reason;
  EXPECT_EQ(decoded.consumed, bytes.size());
  EXPECT_EQ(member(decoded, "Notes"), content);
  EXPECT_TRUE(finds_token(planted, "junk" + gzip(bytes)));
  EXPECT_EQ(decode(bytes.substr(0, bytes.size() - 5000)).reason, "cut off");
}

TEST(CompoundFiles, FindWhatStandsOverTheSeamOfTwoSectors) {
  const Planted planted;
  // The table's text is one byte a letter: moved until a seam cuts the token.
  Text bytes = file("libreoffice.xls");
  const std::size_t at = bytes.find(kToken);
  ASSERT_NE(at, Text::npos);
  bytes.replace(at, Text(kToken).size(), Text(kToken).size(), 'x');
  bytes.replace((at / kSector + 1) * kSector - 10, Text(kToken).size(), kToken);
  EXPECT_TRUE(finds_token(planted, bytes));
  const Text apart = scattered(bytes, "Workbook");
  EXPECT_EQ(apart.find(kToken), Text::npos);
  EXPECT_TRUE(finds_token(planted, apart));
}

TEST(CompoundFiles, ThatWereCutGiveWhatTheyHold) {
  const Planted planted;
  const Text bytes = file("libreoffice.xls");
  for (const std::size_t size : {bytes.size() - 100, bytes.size() - 1500, bytes.size() / 2 + 100}) {
    const Decoded decoded = decode(bytes.substr(0, size));
    EXPECT_FALSE(decoded.complete) << size;
    EXPECT_EQ(decoded.reason, "cut off") << size;
    EXPECT_LE(decoded.consumed, size);
    EXPECT_TRUE(finds_token(planted, bytes.substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < bytes.size(); size += 97)
    EXPECT_FALSE(decode(bytes.substr(0, size)).complete);
}

TEST(CompoundFiles, GiveWhatWasDeletedInThem) {
  const Planted planted;
  Text bytes = file("libreoffice.doc");
  bytes.at(entry(bytes, "WordDocument") + 0x42) = 0;
  const Decoded decoded = decode(bytes);
  EXPECT_TRUE(member(decoded, "WordDocument").empty());
  EXPECT_GE(member(decoded, "unused sectors").size(), 10'000U);
  EXPECT_TRUE(finds_token(planted, bytes));
}

TEST(CompoundFiles, LeaveUnexplainedWhatStandsBehindTheEndsOfStreams) {
  Text bytes = file("libreoffice.doc");
  const std::size_t before = decode(bytes).unexplained;
  // A shorter stream: what was its last is behind its end now.
  const std::size_t size = entry(bytes, "WordDocument") + 0x78;
  const std::size_t cut = (number(bytes, size) - 1) % kSector;  // within its last sector
  const Text stream = member(decode(bytes), "WordDocument");
  const auto hidden = static_cast<std::size_t>(std::count_if(stream.end() - static_cast<std::ptrdiff_t>(cut),
                                                             stream.end(), [](char c) { return c != 0; }));
  put(bytes, size, number(bytes, size) - cut);
  ASSERT_GT(hidden, 0U);
  EXPECT_EQ(decode(bytes).unexplained, before + hidden);
}

TEST(CompoundFiles, WhoseDirectoryGoesOnInAnotherSectorGiveThatSectorAndAreNotComplete) {
  Text bytes = file("libreoffice.doc");
  const std::size_t table = at_sector(number(bytes, 0x4c));
  std::size_t last = number(bytes, 0x30);
  while (number(bytes, table + 4 * last) < 0xfffffff0) last = number(bytes, table + 4 * last);
  const std::size_t added = bytes.size() / kSector - 1;
  bytes += Text(kSector, '\x77');
  put(bytes, table + 4 * last, added);
  put(bytes, table + 4 * added, 0xfffffffe);
  const Decoded decoded = decode(bytes);
  EXPECT_FALSE(decoded.complete);
  EXPECT_NE(member(decoded, "unused sectors").find(Text(kSector, '\x77')), Text::npos);
}

TEST(CompoundFiles, WhoseChainsAreCirclesOrShareSectorsMakeNoMoreThanTheyHold) {
  const Text plain = file("libreoffice.doc");
  const std::size_t table = at_sector(number(plain, 0x4c));
  for (std::size_t sector = 0; sector < plain.size() / kSector - 1; ++sector)
    for (const std::size_t to : {std::size_t{0}, sector, number(plain, 0x30), number(plain, 0x4c)}) {
      Text bytes = plain;
      put(bytes, table + 4 * sector, to);
      EXPECT_LE(decode(bytes).bytes.size(), bytes.size());
    }
  Text bytes = plain;
  const std::size_t first = number(plain, entry(plain, "WordDocument") + 0x74);
  put(bytes, entry(bytes, "1Table") + 0x74, first);
  put(bytes, entry(bytes, "1Table") + 0x78, 1U << 30);
  const Decoded shared = decode(bytes);
  EXPECT_FALSE(shared.complete);
  EXPECT_NE(shared.reason, "");
  EXPECT_LE(shared.bytes.size(), bytes.size());
}

TEST(CompoundFiles, WithTreesInCirclesHaveEachStreamOnce) {
  const Text plain = file("libreoffice.doc");
  for (const std::size_t link : {0x44U, 0x48U, 0x4cU})
    for (std::size_t to = 0; to < 8; ++to) {
      Text bytes = plain;
      put(bytes, entry(bytes, "WordDocument") + link, to);
      const Decoded decoded = decode(bytes);
      EXPECT_FALSE(member(decoded, "WordDocument").empty() && member(decoded, "lost/WordDocument").empty());
      EXPECT_LE(decoded.bytes.size(), bytes.size());
    }
}

TEST(CompoundFiles, AreBoundedInOutputAndSaySo) {
  const Decoded decoded = decode(file("libreoffice.doc"), 4000);
  EXPECT_LE(decoded.bytes.size(), 4000U);
  EXPECT_FALSE(decoded.complete);
  EXPECT_EQ(decoded.reason, "output budget");
}

TEST(CompoundFiles, AreNotMadeOfForeignBytes) {
  Random random(4);
  const Text signature = file("libreoffice.doc").substr(0, 8);
  for (int i = 0; i < 200; ++i) {
    const Decoded decoded = decode(signature + random_bytes(random, 2000));
    EXPECT_TRUE(decoded.members.empty());
    EXPECT_EQ(decoded.reason, "");
  }
}

TEST(CompoundFiles, OfRandomDamageNeverMakeMoreThanTheyHold) {
  Random random(6);
  const Text plain = file("libreoffice.xls");
  for (int i = 0; i < 2000; ++i) {
    Text bytes = plain;
    for (int change = 0; change < 6; ++change) {
      const std::size_t sector =
          random() % 3 == 0 ? 0 : at_sector(number(plain, random() % 2 == 0 ? 0x30 : 0x4c));
      bytes.at(sector + (sector == 0 ? 0x1a + random() % 60 : random() % kSector)) =
          static_cast<char>(random());
    }
    const Decoded decoded = decode(bytes);
    EXPECT_LE(decoded.bytes.size(), bytes.size());
    EXPECT_LE(decoded.consumed, bytes.size());
  }
}

}  // namespace
}  // namespace candor::recognise::test
