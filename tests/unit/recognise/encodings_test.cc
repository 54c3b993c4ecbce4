// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <png.h>

#include <cstdio>
#include <memory>
#include <numeric>

#include "recognise/decoder.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

const Decoder& decoder(const std::string& name) {
  for (const Decoder& each : decoders())
    if (name == each.name) return each;
  throw std::runtime_error("no decoder " + name);
}

/// What each reading of each region of a decoder gives.
std::vector<Text> readings(const std::string& name, const Text& layer) {
  std::vector<Region> regions;
  EXPECT_TRUE(decoder(name).runs(map_of(as_bytes(layer)), 100, regions));
  std::vector<Text> results;
  for (const Region& region : regions)
    for (std::size_t skip = 0; skip < std::min<std::size_t>(region.readings, region.length); ++skip) {
      const ByteView bytes = as_bytes(layer).subspan(region.offset + skip, region.length - skip);
      results.emplace_back(as_text(decoder(name).decode(bytes, 1U << 20).bytes));
    }
  return results;
}

bool reads(const std::string& name, const Text& layer, const Text& content) {
  const std::vector<Text> all = readings(name, layer);
  return std::any_of(all.begin(), all.end(), [&](const Text& one) { return one.find(content) != one.npos; });
}

/// Encoded by a program that is not ours.
Text piped(const std::string& command, const Text& plain) {
  const std::string path = testing::TempDir() + "encodings_" + std::to_string(getpid());
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "wb"), std::fclose);
  std::fwrite(plain.data(), 1, plain.size(), file.get());
  file.reset();
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " < " + path).c_str(), "r"), pclose);
  Text output;
  std::array<char, 4096> piece{};
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe.get()))
    output.append(piece.data(), size);
  std::remove(path.c_str());
  return output;
}

/// How a whole number of bytes is written in base58, by long division.
Text base58(const Text& plain) {
  const Text alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::vector<unsigned> number;
  for (const char c : plain) number.push_back(static_cast<unsigned char>(c));
  Text text;
  while (std::any_of(number.begin(), number.end(), [](unsigned digit) { return digit != 0; })) {
    unsigned rest = 0;
    for (unsigned& digit : number) {
      rest = rest * 256 + digit;
      digit = rest / 58;
      rest %= 58;
    }
    text.insert(text.begin(), alphabet[rest]);
  }
  return Text(plain.find_first_not_of('\0'), '1') + text;
}

const Text kPage =
    "The harbour board met in the morning. Its recommendations, which were published \"immediately\" and "
    "unanimously (see the state-of-the-art report of 2024-11-23, section 4.2), concern responsibilities, "
    "internationalisation and the characteristics of lighthouses; e.g. "
    "http://www.example.org/harbour/reports/"
    "index.html and /usr/share/doc/lighthouse-common/README.Debian describe them. Telephone: +49 40 1234567. "
    "Write to harbour.board@example.org. JavaScript's getElementById() and std::vector<std::string> are "
    "names.\n";
const Text kHtml =
    "<html><head><title>Report</title><link rel=\"stylesheet\" href=\"/styles/main.css?v=12\"></head><body "
    "class=\"page-template post-1234\"><div id=\"content\" style=\"margin:0 10px "
    "20px;color:#ffcc00\"><h1>Report"
    "</h1><p><a href=\"https://www.example.org/reports/2024/11/harbour-report.html#section-2\">next</a></p>"
    "<script>function f(a,b){return "
    "a[0]+b.length*2;}document.getElementById('x').innerHTML='';</script></div>"
    "<table border=\"0\"><tr><td>1</td><td>2</td></tr></table></body></html>\n";

TEST(Encodings, FindNothingInAPageOfProseOrHtml) {
  for (const Text& page : {kPage, kHtml})
    for (const Decoder& each : decoders()) {
      std::vector<Region> regions;
      const bool found_all = each.runs == nullptr || each.runs(map_of(as_bytes(page)), 100, regions);
      EXPECT_TRUE(found_all);
      for (const Region& region : regions)
        ADD_FAILURE() << each.name << ": " << page.substr(region.offset, region.length);
    }
}

struct Short {
  const char* decoder;
  Text (*encode)(const Text& plain);
  int fewest;  ///< Of a thousand random values of eight bytes.
};

Text plain_hex(const Text& plain) { return hex(plain); }
Text by_table(const char* name, const Text& plain) {
  for (const Disguise& disguise : disguises())
    if (disguise.name == std::string(name)) return disguise.apply(plain);
  return {};
}
Text short_base32(const Text& plain) { return by_table("base32", plain); }
Text short_base32_small(const Text& plain) { return by_table("small base32", plain); }
Text short_z85(const Text& plain) { return by_table("Z85", plain); }
Text short_base85(const Text& plain) { return by_table("base85", plain); }
Text short_ascii85(const Text& plain) { return by_table("Adobe Ascii85", plain); }

TEST(Encodings, AreReadFromEightBytesOnIfDelimited) {
  Random random(21);
  for (const Short& each :
       {Short{"hex", plain_hex, 995}, Short{"base64", base64, 985}, Short{"base64", base64url_unpadded, 985},
        Short{"base32", short_base32, 980}, Short{"base32", short_base32_small, 980},
        Short{"base58", base58, 930}, Short{"z85", short_z85, 880}, Short{"base85", short_base85, 880},
        Short{"ascii85", short_ascii85, 990}}) {
    int found = 0;
    for (int i = 0; i < 1000; ++i) {
      const Text value = random_bytes(random, 8);
      found += reads(each.decoder, "id=\"" + each.encode(value) + "\" and more", value) ? 1 : 0;
    }
    EXPECT_GE(found, each.fewest) << each.decoder;
  }
}

TEST(Encodings, OfProgramsAreRead) {
  Random random(22);
  const Text plain = random_bytes(random, 300);
  for (const auto& [name, command] : {std::pair{"base32", "basenc --base32"},
                                      {"base32hex", "basenc --base32hex"},
                                      {"z85", "basenc --z85 -w 60"},
                                      {"base64", "basenc --base64url"},
                                      {"hex", "basenc --base16"},
                                      {"base64", "base64 -w 20"}})
    EXPECT_TRUE(reads(name, piped(command, plain), plain)) << command;
  EXPECT_TRUE(finds_token(Planted(), piped("uuencode -", random_bytes(random, 50) + kToken)));
}

TEST(Base58, IsReadDelimitedWithItsLeadingZeros) {
  Random random(23);
  for (std::size_t size = 16; size < 400; size += 7) {
    const Text plain = Text(size % 3, '\0') + random_bytes(random, size);
    EXPECT_TRUE(reads("base58", "{\"id\": \"" + base58(plain) + "\"}", plain)) << size;
  }
  EXPECT_TRUE(finds_token(Planted(), "x " + base58("ref " + Text(kToken)) + "\n"));
}

TEST(Decimal, ArraysAreReadHoweverSeparated) {
  const Planted planted;
  Random random(24);
  for (const char* separator : {", ", ",", " ", "; ", ",\n    "})
    for (const bool is_signed : {false, true}) {
      Text array;
      for (const char c : Text("the ") + kToken)
        array +=
            (array.empty() ? "" : separator) + std::to_string(is_signed ? static_cast<signed char>(c) : c);
      EXPECT_TRUE(finds_token(planted, "[" + array + "]"));
      EXPECT_TRUE(
          finds_token(planted, words(random, 50) + " 300, 301, [" + array + "] " + words(random, 50)));
      EXPECT_TRUE(finds_token(planted, random_bytes(random, 50) + array + "." + random_bytes(random, 50)));
    }
  const Text bytes = random_bytes(random, 40);
  Text array;
  for (const char c : bytes) array += std::to_string(static_cast<signed char>(c)) + ",";
  EXPECT_TRUE(reads("decimal", array, bytes));
}

TEST(Decimal, ArraysOfRandomBytesAreOpaque) {
  Random random(25);
  Text array;
  for (const char c : random_bytes(random, 2000))
    array += std::to_string(static_cast<unsigned char>(c)) + ", ";
  EXPECT_GE(Planted().search(array).opaque, 1900U);
}

/// A 7z archive has its index at its end, where the last group is: one that is one less there is none.
TEST(Base85, IsReadToItsLastByteThoughLettersOfOthersFollow) {
  static const Planted planted;
  for (const auto& [name, lowest] :
       {std::pair{"Z85", '0'}, std::pair{"base85", '0'}, std::pair{"Ascii85", '!'}})
    for (std::size_t stray = 1; stray <= 3; ++stray)
      for (std::size_t size = 200; size < 204; ++size) {
        const Text archive = seven_zip(planted.content.substr(1, size));
        EXPECT_TRUE(finds_token(planted, "\x01" + by_table(name, archive) + Text(stray, lowest) + "\x02"))
            << name << " of " << archive.size() << " bytes and " << stray << " letters";
      }
}

TEST(Ascii85, ShorthandsStandForZerosAndBlanks) {
  EXPECT_TRUE(reads("ascii85", "<~z87cURD]i,\"Ebo80~>", Text(4, '\0') + "Hello World!"));
  EXPECT_TRUE(reads("ascii85", "<~87cURyD]i,\"Ebo80~>", "Hell    o World!"));
}

TEST(Yenc, WithAnotherChecksumIsNotComplete) {
  Text message = by_table("yEnc", "some words " + Text(kToken));
  const std::size_t crc = message.find("crc32=") + 6;
  message[crc] = message[crc] == '0' ? '1' : '0';
  EXPECT_TRUE(finds_token(Planted(), message));
  EXPECT_FALSE(Planted().search(message).not_looked_into.empty());
}

TEST(EncodedWords, ThatPartATokenAreOneText) {
  const Text token = kToken;
  const Text header = "Subject: =?utf-8?B?" + base64("a " + token.substr(0, 9)) + "?=\r\n =?utf-8?Q?" +
                      token.substr(9) + "?=\r\n";
  EXPECT_TRUE(finds_token(Planted(), header));
}

TEST(Multipart, PartsWithPartsAreRead) {
  const Text inner =
      "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\nplain\r\n--in\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n" +
      base64(gzip(kToken)) + "\r\n--in--\r\n";
  const Text mail = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n" +
                    inner + "\r\n--out--\r\n";
  EXPECT_TRUE(finds_token(Planted(), mail));
  EXPECT_EQ(Planted().search(mail).opaque, 0U);
}

TEST(Multipart, WithoutItsEndIsSaidToBe) {
  const Text whole = by_table("form", "one two " + Text(kToken) + " and more text that is cut off");
  const model::Recognition found = Planted().search(whole.substr(0, whole.size() - 20));
  EXPECT_FALSE(found.hits.empty());
  EXPECT_FALSE(found.not_looked_into.empty());
}

// Structured messages, as their libraries write them.

Text length_delimited(int field, const Text& content) {
  Text text(1, static_cast<char>(field << 3 | 2));
  for (std::size_t size = content.size();; size >>= 7) {
    text += static_cast<char>((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
    if (size <= 0x7f) return text + content;
  }
}

Text as_body(const Text& type, const Text& body) {
  return fmt::format("POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n", type,
                     body.size()) +
         body;
}

TEST(Protobuf, ChunksOfARepeatedFieldAreOneContent) {
  const Text token = kToken;
  const Text message =
      "\x08\x96\x01" +
      length_delimited(2, length_delimited(1, "name") + length_delimited(3, "the " + token.substr(0, 11))) +
      length_delimited(2, length_delimited(3, token.substr(11) + " end"));
  EXPECT_TRUE(finds_token(Planted(), as_body("application/x-protobuf", message)));
  const Text frame = Text(3, '\0') + Text(1, '\0') + static_cast<char>(message.size()) + message;
  EXPECT_TRUE(finds_token(Planted(), as_body("application/grpc", frame)));
}

TEST(Grpc, MessagesThatPartATokenAreOne) {
  const Text token = kToken;
  Text stream;
  for (const Text& part : {token.substr(0, 13), token.substr(13)}) {
    const Text message = length_delimited(1, part);
    stream += Text(4, '\0') + static_cast<char>(message.size()) + message;
  }
  EXPECT_TRUE(finds_token(Planted(), as_body("application/grpc", stream)));
}

TEST(Cbor, StringsInPiecesAreOne) {
  const Text token = kToken;
  const auto bytes = [](const Text& s) { return Text(1, static_cast<char>(0x40 + s.size())) + s; };
  const auto text = [](const Text& s) { return Text(1, static_cast<char>(0x60 + s.size())) + s; };
  EXPECT_TRUE(finds_token(
      Planted(), as_body("application/cbor", "\xa1" + text("d") + "\x5f" + bytes(token.substr(0, 20)) +
                                                 bytes(token.substr(20)) + "\xff")));
  EXPECT_TRUE(finds_token(
      Planted(), as_body("application/cbor",
                         "\x83" + text("d") + text(token.substr(0, 7)) + text(token.substr(7, 19)))));
}

TEST(Msgpack, StringsInPiecesAreOne) {
  const Text token = kToken;
  const auto bytes = [](const Text& s) { return Text("\xc4") + static_cast<char>(s.size()) + s; };
  const auto text = [](const Text& s) { return Text(1, static_cast<char>(0xa0 + s.size())) + s; };
  EXPECT_TRUE(
      finds_token(Planted(), as_body("application/msgpack", "\x82" + text("a") + bytes(token.substr(0, 9)) +
                                                                text("b") + bytes(token.substr(9)))));
  EXPECT_TRUE(finds_token(
      Planted(), as_body("application/msgpack",
                         "\xdc" + Text("\x00\x02", 2) + text(token.substr(0, 9)) + text(token.substr(9)))));
}

TEST(StructuredMessages, AreNotSeenInRandomBytesOrText) {
  Random random(26);
  for (const char* name : {"protobuf", "grpc", "cbor", "msgpack"}) {
    int taken = 0;
    for (int i = 0; i < 2000; ++i) {
      taken += decoder(name).decode(as_bytes(random_bytes(random, 48)), 1U << 20).complete ? 1 : 0;
      taken += decoder(name).decode(as_bytes(words(random, 48)), 1U << 20).complete ? 1 : 0;
    }
    EXPECT_LE(taken, 4) << name;
  }
}

/// A PNG image by libpng.
Text png(const Bytes& samples, std::uint32_t width, std::uint32_t height, std::uint32_t format) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, samples.data(), 0, nullptr);
  Text file(size, '\0');
  EXPECT_NE(png_image_write_to_memory(&image, file.data(), &size, 0, samples.data(), 0, nullptr), 0);
  file.resize(size);
  return file;
}

TEST(Png, SamplesAreReadWhateverTheirFilters) {
  for (std::uint32_t width = 1; width < 40; ++width) {
    Bytes samples(std::size_t{width} * 3 * 30);
    std::iota(samples.begin(), samples.end(), std::uint8_t{0});
    const Text secret = kToken;
    std::copy(secret.begin(), secret.end(), samples.begin() + 45);
    EXPECT_TRUE(finds_token(Planted(), "x" + png(samples, width, 30, PNG_FORMAT_RGB))) << width;
  }
}

TEST(Png, LowBitsOfSamplesAreRead) {
  for (const std::uint32_t format :
       {std::uint32_t{PNG_FORMAT_GRAY}, std::uint32_t{PNG_FORMAT_RGB}, std::uint32_t{PNG_FORMAT_RGBA}}) {
    const std::size_t channels = PNG_IMAGE_SAMPLE_CHANNELS(format);
    Random random(27);
    const Text noise = random_bytes(random, 64 * 64 * channels);
    Bytes samples(noise.begin(), noise.end());
    std::size_t at = 0;
    for (const char c : "in " + Text(kToken))
      for (int bit = 7; bit >= 0; --bit, ++at) {
        if (channels == 4 && at % 4 == 3) ++at;
        samples[at] = static_cast<std::uint8_t>((samples[at] & 0xfe) | (c >> bit & 1));
      }
    EXPECT_TRUE(finds_token(Planted(), png(samples, 64, 64, format))) << channels;
  }
}

TEST(Png, BarcodesAreRead) {
  EXPECT_TRUE(finds_token(Planted(), piped("qrencode -o -", "ref " + Text(kToken))));
  EXPECT_TRUE(finds_token(Planted(), piped("qrencode -s 8 -t PNG32 -o -", "ref " + Text(kToken))));
}

TEST(Png, CutOffIsSaidToBe) {
  Random random(28);
  const Text noise = random_bytes(random, 64 * 64);
  const Text file = png(Bytes(noise.begin(), noise.end()), 64, 64, PNG_FORMAT_GRAY);
  const model::Recognition found = Planted().search(file.substr(0, file.size() / 2));
  EXPECT_GE(found.opaque, file.size() / 2 - 16);
}

TEST(Encodings, OfBase85AreReadBehindLettersOfOthersThatStandForWholeGroups) {
  static const Planted planted;
  const Text piece = planted.content.substr(0, 150);
  for (const Disguise& disguise : disguises()) {
    if (Text(disguise.name) != "Ascii85") continue;
    const Text worn = disguise.apply(piece);
    for (const char* const before : {"typename", "class=\"paramtype\">con:", "max_size=2,\n            te"})
      EXPECT_TRUE(finds_token(planted, "int first = second;\n" + Text(before) + worn)) << before;
  }
}

}  // namespace
}  // namespace candor::recognise::test
