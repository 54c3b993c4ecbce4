// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "recognise/decoder.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kRoom = 64U << 20;

const Decoder& decoder_named(std::string_view name) {
  for (const Decoder& decoder : decoders())
    if (decoder.name == name) return decoder;
  ADD_FAILURE() << name;
  return decoders().front();
}

Decoded decode(std::string_view name, const Text& bytes, std::size_t max_output = kRoom) {
  return decoder_named(name).decode(as_bytes(bytes), max_output);
}

bool holds(const Decoded& decoded, std::string_view what) {
  return as_text(decoded.bytes).find(what) != std::string_view::npos;
}

struct Container {
  const char* decoder;
  const char* name;
  Text (*encode)(const Text& plain);
  bool is_checked = true;          ///< Has a checksum over what it holds.
  bool is_read_from_begin = true;  ///< What describes it does not stand at its end.
};

const std::vector<Container>& containers() {
  static const std::vector<Container> table = {
      {"gzip", "gzip", gzip},
      {"zlib", "zlib", zlib},
      {"zip", "stored_zip", stored_zip},
      {"deflate", "deflate", raw_deflate, false},
      {"brotli", "brotli", brotli, false},
      {"bzip2", "bzip2", bzip2},
      {"xz", "xz", xz},
      {"lzma", "lzma", lzma, false},
      {"lzip", "lzip", lzip},
      {"zstd", "zstd", zstd},
      {"lz4", "lz4", lz4},
      {"lz4-legacy", "lz4_legacy", lz4_legacy, false},
      {"tar", "gnu_tar", tar, false},
      {"tar", "pax", pax, false},
      {"7z", "7z_lzma1", [](const Text& plain) { return seven_zip(plain, "lzma1"); }},
      {"7z", "7z_lzma2", [](const Text& plain) { return seven_zip(plain, "lzma2"); }},
      {"7z", "7z_bzip2", [](const Text& plain) { return seven_zip(plain, "bzip2"); }, true, false},
      {"7z", "7z_deflate", [](const Text& plain) { return seven_zip(plain, "deflate"); }, true, false},
      {"7z", "7z_ppmd", [](const Text& plain) { return seven_zip(plain, "ppmd"); }, true, false},
      {"7z", "7z_stored", [](const Text& plain) { return seven_zip(plain, "store"); }, true, false},
      {"cab", "cab", cab},
      {"cab", "stored_cab", stored_cab},
      {"rar", "rar4", stored_rar4},
      {"rar", "rar5", stored_rar5},
  };
  return table;
}

class EachContainer : public testing::TestWithParam<Container> {
 protected:
  Random random_{11};
};
INSTANTIATE_TEST_SUITE_P(Containers, EachContainer, testing::ValuesIn(containers()),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST_P(EachContainer, IsReadToItsEndAndNoFurther) {
  for (const std::size_t size : {40U, 9000U, 200'000U}) {
    const Text plain = Text(kToken) + words(random_, size);
    const Text packed = GetParam().encode(plain);
    // Raw deflate and Brotli end where the layer does.
    const Decoded decoded = decode(GetParam().decoder, packed);
    EXPECT_TRUE(decoded.complete) << decoded.reason;
    EXPECT_EQ(decoded.consumed, packed.size());
    EXPECT_TRUE(holds(decoded, plain));
    EXPECT_EQ(decoded.reason, "");
    if (size < 1000) continue;
    const Decoded in_noise = decode(GetParam().decoder, packed + random_bytes(random_, 5000));
    EXPECT_TRUE(in_noise.complete) << in_noise.reason;
    EXPECT_EQ(in_noise.consumed, packed.size());
    EXPECT_TRUE(holds(in_noise, plain));
  }
}

TEST_P(EachContainer, GivesWhatItHoldsBeforeACut) {
  const Text plain = Text(kToken) + base64(random_bytes(random_, 500'000));
  const Text packed = GetParam().encode(plain);
  const Decoded decoded = decode(GetParam().decoder, packed.substr(0, packed.size() / 2));
  EXPECT_FALSE(decoded.complete);
  EXPECT_EQ(decoded.reason, "cut off");
  EXPECT_LE(decoded.consumed, packed.size() / 2);
  const bool holds_begin = holds(decoded, std::string_view(plain).substr(0, 100'000));
  EXPECT_TRUE(holds_begin || !GetParam().is_read_from_begin)
      << decoded.bytes.size() << " bytes of " << packed.size() << " packed";
}

TEST_P(EachContainer, NeverCallsACutOneComplete) {
  const Text packed = GetParam().encode(Text(kToken) + words(random_, 3000));
  for (std::size_t size = 0; size < packed.size(); size += 1 + size / 50) {
    const Decoded decoded = decode(GetParam().decoder, packed.substr(0, size));
    // The zeros at the end of a tar archive are not all needed.
    const bool may_be = std::string_view(GetParam().decoder) == "tar" && holds(decoded, kToken);
    EXPECT_FALSE(decoded.complete && !may_be) << size;
    EXPECT_LE(decoded.consumed, size);
  }
}

TEST_P(EachContainer, GivesWhatItHoldsBeforeDamage) {
  for (const Text& rest : {random_bytes(random_, 600'000), words(random_, 2'000'000)}) {
    const Text plain = Text(kToken) + rest;
    Text packed = GetParam().encode(plain);
    packed[packed.size() / 2] = static_cast<char>(~packed[packed.size() / 2]);
    const Decoded decoded = decode(GetParam().decoder, packed);
    EXPECT_TRUE(holds(decoded, kToken));
    if (!GetParam().is_checked) continue;
    EXPECT_FALSE(decoded.complete);
    EXPECT_NE(decoded.reason, "");
  }
}

TEST_P(EachContainer, IsBounded) {
  const Text bomb = GetParam().encode(Text(20U << 20, 'a'));
  const Decoded decoded = decode(GetParam().decoder, bomb, 1U << 20);
  EXPECT_LE(decoded.bytes.size(), 1U << 20);
  EXPECT_GE(decoded.bytes.size(), 1000U << 10);
  EXPECT_FALSE(decoded.complete);
  EXPECT_EQ(decoded.reason, "output budget");
}

TEST_P(EachContainer, IsRefusedQuietlyWhenOnlyItsFirstBytesAreThere) {
  const Text packed = GetParam().encode("some text that stands in the container");
  for (int round = 0; round < 100; ++round) {
    const Decoded decoded = decode(GetParam().decoder, packed.substr(0, 4) + random_bytes(random_, 2000));
    EXPECT_FALSE(decoded.complete);
    EXPECT_LE(decoded.bytes.size(), 4000U);
  }
}

TEST_P(EachContainer, HasMembersOfDistinctNamesWithinItsBytes) {
  const Decoded decoded = decode(GetParam().decoder, GetParam().encode(words(random_, 3000)));
  std::set<std::string> names;
  std::size_t end = 0;
  for (const Member& member : decoded.members) {
    EXPECT_TRUE(names.insert(member.name).second) << member.name;
    EXPECT_GE(member.begin, end);
    end = member.begin + member.size;
  }
  EXPECT_LE(end, decoded.bytes.size());
}

TEST(Streams, ThatFollowEachOtherAreOne) {
  const Text token = kToken;
  for (const Container& container : containers()) {
    static const std::set<std::string_view> kJoined = {"gzip", "bzip2", "xz", "lzip", "zstd", "lz4"};
    if (!kJoined.contains(container.decoder)) continue;
    const Text packed = container.encode("x" + token.substr(0, 9)) + container.encode(token.substr(9) + "y");
    const Decoded decoded = decode(container.decoder, packed);
    EXPECT_TRUE(holds(decoded, "x" + token + "y")) << container.name;
    EXPECT_TRUE(decoded.complete) << container.name;
    EXPECT_EQ(decoded.consumed, packed.size()) << container.name;
  }
}

TEST(Tar, IsEnteredAtItsFirstHeaderOnlyAndBehindADamagedOne) {
  Random random(9);
  const auto entered = [](const Text& bytes) {
    std::vector<std::size_t> starts;
    for (std::size_t at = bytes.find("ustar"); at != Text::npos; at = bytes.find("ustar", at + 1))
      if (const auto start = decoder_named("tar").start(as_bytes(bytes), at + 5)) starts.push_back(*start);
    return starts;
  };
  Text archive = random_bytes(random, 77) + tar(random_bytes(random, 3000));
  EXPECT_EQ(entered(archive), std::vector<std::size_t>{77});
  const std::size_t second = 77 + 512 + 512;
  archive[second] = '?';
  EXPECT_EQ(entered(archive), (std::vector<std::size_t>{77, second + 512 + 3072}));
}

TEST(Lz4, GivesWhatACutBlockHolds) {
  Random random(3);
  const Text plain = Text(kToken) + words(random, 60'000);
  for (const auto& [name, whole] : {std::pair{"lz4", lz4(plain)}, {"lz4-legacy", lz4_legacy(plain)}}) {
    const Decoded decoded = decode(name, whole.substr(0, whole.size() / 2));
    EXPECT_TRUE(plain.starts_with(as_text(decoded.bytes))) << name;
    EXPECT_GE(decoded.bytes.size(), 20'000U) << name;
    EXPECT_EQ(decoded.reason, "cut off") << name;
  }
}

TEST(Lz4, ReadsLinkedAndSeparateBlocksAfterDamage) {
  Random random(4);
  const Text plain = Text(kToken) + words(random, 400'000);
  for (const auto mode : {LZ4F_blockLinked, LZ4F_blockIndependent}) {
    LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
    preferences.frameInfo.blockMode = mode;
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    Text packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
    packed.resize(LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences));
    EXPECT_TRUE(decode("lz4", packed).complete);
    const Decoded cut = decode("lz4", packed.substr(0, packed.size() - packed.size() / 10));
    EXPECT_TRUE(plain.starts_with(as_text(cut.bytes)));
    EXPECT_GE(cut.bytes.size(), 340'000U);
  }
}

TEST(Pdf, IsReadThroughSubsetFontsAndKerning) {
  const Planted planted;
  const Text page = pdf("The reference is " + Text(kToken) + ".");
  EXPECT_TRUE(finds_token(planted, page));
  Random random(5);
  EXPECT_TRUE(finds_token(planted, random_bytes(random, 33) + gzip(page) + random_bytes(random, 33)));
}

TEST(Pdf, OfOtherProgramsIsRead) {
  const Planted planted;
  for (const char* const file : {"libreoffice.pdf", "cairo.pdf"}) {
    std::ifstream stream(Path(CANDOR_SOURCE_DIR) / "tests/data/recognise" / file, std::ios::binary);
    const Text bytes{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_TRUE(finds_token(planted, bytes)) << file;
    EXPECT_TRUE(holds(decode("pdf", bytes), "Übersicht")) << file;
  }
}

Text one_stream(const Text& dictionary, const Text& bytes) {
  return "%PDF-1.4\n4 0 obj\n<< " + dictionary + " >>\nstream\n" + bytes + "\nendstream\nendobj\n";
}

/// Codes of nine bits only: the table is cleared before they would grow.
Text lzw(const Text& plain) {
  std::vector<unsigned> codes = {256};
  for (std::size_t at = 0; at < plain.size(); ++at) {
    codes.push_back(static_cast<unsigned char>(plain[at]));
    if (at % 200 == 199) codes.push_back(256);
  }
  codes.push_back(257);
  Text packed;
  std::uint32_t bits = 0;
  int held = 0;
  for (const unsigned code : codes) {
    bits = bits << 9 | code;
    for (held += 9; held >= 8; held -= 8) packed += static_cast<char>(bits >> (held - 8));
  }
  return packed + static_cast<char>(bits << (8 - held));
}

Text ascii85(const Text& plain) {
  Text text;
  for (std::size_t at = 0; at < plain.size(); at += 4) {
    const std::size_t size = std::min<std::size_t>(4, plain.size() - at);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | (i < size ? static_cast<unsigned char>(plain[at + i]) : 0U);
    Text group(5, '!');
    for (std::size_t i = 5; i > 0; --i, value /= 85) group[i - 1] = static_cast<char>('!' + value % 85);
    text += group == "!!!!!" && size == 4 ? Text("z") : group.substr(0, size + 1);
  }
  return text + "~>";
}

TEST(Pdf, StreamsBehindEachFilterAreRead) {
  Random random(6);
  const Text plain = words(random, 900) + Text(8, '\0') + kToken + words(random, 301);
  Text runs;
  for (std::size_t at = 0; at < plain.size(); at += 100)
    runs += static_cast<char>(std::min<std::size_t>(100, plain.size() - at) - 1) + plain.substr(at, 100);
  Text rows;  // Of ten bytes, each as its difference from the one above.
  for (std::size_t at = 0; at < plain.size(); at += 10) {
    rows += '\2';
    for (std::size_t i = at; i < std::min(at + 10, plain.size()); ++i)
      rows += static_cast<char>(plain[i] - (i < 10 ? 0 : plain[i - 10]));
  }
  for (const auto& [dictionary, bytes] :
       {std::pair{Text("/Filter /ASCIIHexDecode"), hex(plain) + ">"},
        {Text("/Filter [/ASCII85Decode]"), ascii85(plain)},
        {Text("/Filter /LZWDecode"), lzw(plain)},
        {Text("/Filter /RunLengthDecode"), runs + '\x80'},
        {Text("/Filter [/ASCII85Decode /FlateDecode]"), ascii85(zlib(plain))},
        {Text("/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 10 >>"), zlib(rows)},
        {Text("/Filter [/AHx /LZW] /DP [null << /EarlyChange 1 >>]"), hex(lzw(plain)) + ">"}})
    EXPECT_TRUE(holds(decode("pdf", one_stream(dictionary, bytes)), plain)) << dictionary;
}

TEST(Pdf, TextOnSeveralLinesAndInOtherStringsIsRead) {
  const Text page =
      one_stream("",
                 "BT /F1 9 Tf 1 0 0 1 72 700 Tm (first \\(line\\)) Tj 0 -12 Td (sec) Tj (ond\\055) Tj "
                 "[(wo) -20 (rds) -300 (apart)] TJ T* <7468697264> Tj ET");
  const Decoded decoded =
      decode("pdf", page + "5 0 obj << /Title <FEFF00DC0062> /Author (Someone) >> endobj");
  EXPECT_TRUE(holds(decoded, "first (line)\nsecond-words apart\nthird\n")) << as_text(decoded.bytes);
  EXPECT_TRUE(holds(decoded, "Üb\nSomeone\n")) << as_text(decoded.bytes);
}

TEST(Pdf, ThatIsEncryptedIsSaidToBe) {
  EXPECT_EQ(decode("pdf", "%PDF-1.4\ntrailer << /Encrypt 7 0 R >>\n%%EOF").reason, "encrypted pdf");
}

/// Programs that pack, in a folder of their own.
class Packed : public testing::Test {
 protected:
  Packed() : folder_(Path(testing::TempDir()) / ("candor-packed-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Packed() override { std::filesystem::remove_all(folder_); }

  void write(const Path& name, const Text& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  /// What `command` leaves in `file`.
  [[nodiscard]] Text made(const std::string& command, const Path& file) const {
    std::filesystem::remove(folder_ / file);
    const std::string line = "cd '" + folder_.string() + "' && (" + command + ") >/dev/null 2>&1";
    EXPECT_EQ(std::system(line.c_str()), 0) << line;
    std::ifstream stream(folder_ / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  Path folder_;
  Random random_{21};
};

TEST_F(Packed, ByCompressorsIsRead) {
  const Text plain = words(random_, 300'000) + kToken + words(random_, 1000);
  write("memo.txt", plain);
  for (const auto& [decoder, command] : {std::pair{"bzip2", "bzip2 -k -9 -c memo.txt > out"},
                                         {"xz", "xz -9e -c memo.txt > out"},
                                         {"xz", "xz --block-size=10000 --check=sha256 -c memo.txt > out"},
                                         {"xz", "xz --x86 --lzma2=preset=6,lc=1,lp=2,pb=1 -c memo.txt > out"},
                                         {"lzma", "xz --format=lzma -9 -c memo.txt > out"},
                                         {"zstd", "zstd -19 -c memo.txt > out"},
                                         {"zstd", "zstd --ultra --long=31 -22 -c < memo.txt > out"},
                                         {"lz4", "lz4 -9 -BX -BD -c memo.txt > out"},
                                         {"lz4-legacy", "lz4 -l -c memo.txt > out"},
                                         {"brotli", "brotli -c memo.txt > out"},
                                         {"brotli", "brotli -q 1 -w 24 -c memo.txt > out"}}) {
    const Text packed = made(command, "out");
    const Decoded decoded = decode(decoder, packed);
    EXPECT_TRUE(decoded.complete) << command << ": " << decoded.reason;
    EXPECT_EQ(decoded.consumed, packed.size()) << command;
    EXPECT_EQ(as_text(decoded.bytes), plain) << command;
  }
}

TEST_F(Packed, ByArchiversIsReadWithTheNames) {
  const Text plain = words(random_, 50'000) + kToken + words(random_, 1000);
  const Path name = "übersicht-" + Text(kNameToken) + ".txt";
  write(name, plain);
  write("other.bin", random_bytes(random_, 5000));
  write("third.txt", words(random_, 500));
  const Text files = "'" + name.string() + "' other.bin third.txt";
  for (const auto& [decoder, command] : {std::pair{"7z", "7z a out.7z "},
                                         {"7z", "7z a -ms=off -mhc=off out.7z "},
                                         {"7z", "7z a -m0=PPMd out.7z "},
                                         {"7z", "7z a -m0=BCJ -m1=LZMA out.7z "},
                                         {"7z", "7z a -mx=0 out.7z "},
                                         {"tar", "tar cf out.7z --format=v7 "},
                                         {"tar", "tar cf out.7z --format=gnu "},
                                         {"tar", "tar cf out.7z --format=posix "},
                                         {"cab", "gcab -c -n out.7z "},
                                         {"cab", "gcab -c -z -n out.7z "}}) {
    const Text packed = made(command + files, "out.7z");
    const Decoded decoded = decode(decoder, packed + random_bytes(random_, 2000));
    EXPECT_TRUE(decoded.complete) << command << ": " << decoded.reason;
    EXPECT_EQ(decoded.consumed, packed.size()) << command;
    EXPECT_TRUE(holds(decoded, plain)) << command;
    ASSERT_EQ(decoded.members.size(), 4U) << command;
    const Member& names = decoded.members.back();
    EXPECT_EQ(names.name, "(names)");
    EXPECT_NE(as_text(ByteView(decoded.bytes).subspan(names.begin)).find(name.string()),
              std::string_view::npos)
        << command;
  }
}

TEST_F(Packed, AndLockedWithACustomaryPasswordIsUnlocked) {
  const Text plain = words(random_, 5000) + kToken + words(random_, 1000);
  write("memo.txt", plain);
  const Planted planted;
  for (const std::string password : {"infected", "virus", "malware", "password", "clean", "novirus"})
    for (const std::string method : {"ZipCrypto", "AES128", "AES256"}) {
      const Text packed =
          made("7z a -tzip -mem=" + method + " -p" + password + " out.zip memo.txt", "out.zip");
      EXPECT_TRUE(finds_token(planted, packed)) << password << " " << method;
      EXPECT_TRUE(planted.search(packed).not_looked_into.empty()) << password << " " << method;
      EXPECT_TRUE(finds_token(planted, random_bytes(random_, 30) + packed + random_bytes(random_, 30)));
    }
}

TEST_F(Packed, By7zAndLockedWithACustomaryPasswordIsUnlocked) {
  const Text plain = words(random_, 5000) + kToken + words(random_, 1000);
  const Text name = "übersicht-" + Text(kNameToken) + ".txt";
  write(name, plain);
  write("other.bin", random_bytes(random_, 3000));
  write("empty.txt", "");
  for (const std::string options :
       {"-pinfected", "-mhe=on -pvirus", "-mx=0 -mhe=on -pmalware", "-m0=LZMA -ppassword",
        "-ms=off -m0=BCJ -m1=LZMA2 -pclean", "-m0=Deflate -pnovirus"}) {
    const Text packed = made("7z a " + options + " out.7z '" + name + "' other.bin empty.txt", "out.7z");
    const Decoded decoded = decode("7z", packed + random_bytes(random_, 100));
    EXPECT_TRUE(decoded.complete) << options << ": " << decoded.reason;
    EXPECT_EQ(decoded.consumed, packed.size()) << options;
    EXPECT_TRUE(holds(decoded, plain)) << options;
    EXPECT_TRUE(holds(decoded, name + "\n")) << options;
    EXPECT_EQ(decoded.members.size(), 3U) << options;
  }
}

TEST_F(Packed, By7zWithCodersOfSeveralStreamsIsRead) {
  const Text plain = words(random_, 5000) + kToken;
  write("memo.txt", plain);
  const Text packed =
      made("7z a -m0=BCJ2 -m1=LZMA:d=20 -m2=LZMA:d=16 -m3=LZMA:d=16 -mb0:1 -mb0s1:2 -mb0s2:3 out.7z memo.txt",
           "out.7z");
  const Decoded decoded = decode("7z", packed);
  EXPECT_TRUE(decoded.complete) << decoded.reason;
  EXPECT_TRUE(holds(decoded, plain));
}

TEST(SevenZip, ThatAnnouncesMoreFilesThanItHasRoomForIsSaidNotToBeUnderstood) {
  // A header with a list of a hundred million files, and nothing else.
  const Text header("\x01\x05\xf0\x00\xe1\xf5\x05\x00\x00", 9);
  Text tail(20, '\0');
  tail[8] = static_cast<char>(header.size());
  const auto number = [](std::uint32_t value) {
    Text bytes;
    for (int i = 0; i < 4; ++i, value >>= 8) bytes += static_cast<char>(value);
    return bytes;
  };
  const auto crc = [](const Text& bytes) {
    return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  };
  tail.replace(16, 4, number(crc(header)));
  const Text archive = Text("7z\xbc\xaf\x27\x1c\x00\x04", 8) + number(crc(tail)) + tail + header;
  const Decoded decoded = decode("7z", archive);
  EXPECT_FALSE(decoded.complete);
  EXPECT_EQ(decoded.reason, "7z archive with a header that is not understood");
  EXPECT_EQ(decoded.consumed, archive.size());
}

TEST_F(Packed, By7zAndLockedWithAnotherPasswordIsSaidToBeEncrypted) {
  write("memo.txt", words(random_, 5000) + kToken);
  for (const std::string options : {"-p73kdhq0a", "-mhe=on -p73kdhq0a", "-mx=0 -p73kdhq0a"}) {
    const Text packed = made("7z a " + options + " out.7z memo.txt", "out.7z");
    const Decoded decoded = decode("7z", packed);
    EXPECT_EQ(decoded.reason, "encrypted 7z archive") << options;
    EXPECT_FALSE(decoded.complete) << options;
    EXPECT_EQ(decoded.consumed, packed.size()) << options;
  }
}

TEST_F(Packed, AndLockedWithAnotherPasswordIsSaidToBeEncrypted) {
  write("memo.txt", words(random_, 5000) + kToken);
  const Planted planted;
  for (const std::string method : {"ZipCrypto", "AES256"}) {
    const Text packed = made("7z a -tzip -mem=" + method + " -p73kdhq0a out.zip memo.txt", "out.zip");
    const model::Recognition found = planted.search(packed);
    ASSERT_EQ(found.not_looked_into.size(), 1U) << method;
    EXPECT_EQ(found.not_looked_into[0].reason, "encrypted zip member");
  }
}

TEST_F(Packed, InZipsOfOtherMethodsIsRead) {
  write("memo.txt", words(random_, 5000) + kToken + words(random_, 1000));
  const Planted planted;
  for (const std::string method : {"BZip2", "LZMA", "PPMd"}) {
    const Text packed = made("7z a -tzip -mm=" + method + " out.zip memo.txt", "out.zip");
    EXPECT_TRUE(finds_token(planted, packed + random_bytes(random_, 30))) << method;
    EXPECT_TRUE(planted.search(packed).not_looked_into.empty()) << method;
    EXPECT_EQ(planted.search(packed).opaque, 0U) << method;
  }
}

}  // namespace
}  // namespace candor::recognise::test
