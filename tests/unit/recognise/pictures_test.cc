// SPDX-License-Identifier: Apache-2.0
//
// What pictures say beside the picture.
#include <gtest/gtest.h>

#include <algorithm>

#include "recognise/decoder.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

constexpr std::size_t kRoom = 64U << 20;

Decoded decode(std::string_view name, const Text& bytes, std::size_t max_output = kRoom) {
  const auto found = std::find_if(decoders().begin(), decoders().end(),
                                  [&](const Decoder& each) { return each.name == name; });
  return found == decoders().end() ? Decoded{} : found->decode(as_bytes(bytes), max_output);
}

Text member(const Decoded& decoded, std::string_view name) {
  for (const Member& each : decoded.members)
    if (each.name == name) return Text(as_text(decoded.bytes).substr(each.begin, each.size));
  return {};
}

Text big(std::size_t value, int bytes) {
  Text text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> 8 * i);
  return text;
}
Text little(std::size_t value, int bytes) {
  Text text = big(value, bytes);
  std::reverse(text.begin(), text.end());
  return text;
}

Text segment(int marker, const Text& data) {
  return Text("\xff") + static_cast<char>(marker) + big(data.size() + 2, 2) + data;
}

/// Entropy-coded bytes as they may be: no marker but restarts.
Text picture(Random& random, std::size_t size) {
  Text bytes = random_bytes(random, size);
  for (char& c : bytes)
    if (c == '\xff') c = 'x';
  return bytes + Text("\xff\0", 2) + "\xff\xd3" + "y";
}

Text more_xmp(const Text& part, std::size_t whole, std::size_t offset) {
  return segment(0xe1, Text("http://ns.adobe.com/xmp/extension/\0", 35) + Text(32, 'D') + big(whole, 4) +
                           big(offset, 4) + part);
}

Text jpeg(Random& random, const Text& first, const Text& second) {
  return "\xff\xd8" + segment(0xe0, Text("JFIF\0\1\2\0\0\1\0\1\0\0", 14)) +
         segment(0xe1, Text("Exif\0\0II*\0\x08\0\0\0", 14) + first) +
         more_xmp(first.substr(0, 10), first.size(), 0) + more_xmp(first.substr(10), first.size(), 10) +
         segment(0xfe, second) + segment(0xda, Text("\1\1\0\0\x3f\0", 6)) + picture(random, 3000) +
         "\xff\xd9";
}

Text pieces(const Text& text, std::size_t each) {
  Text cut;
  for (std::size_t at = 0; at < text.size(); at += each) {
    const Text piece = text.substr(at, each);
    cut += static_cast<char>(piece.size());
    cut += piece;
  }
  return cut + Text(1, '\0');
}

Text gif(Random& random, const Text& comment) {
  return "GIF89a" + little(2, 2) + little(2, 2) + Text("\x80\0\0", 3) + Text(6, 'c') + "\x21\xfe" +
         pieces(comment, 7) + Text(",", 1) + Text(8, '\0') + Text("\0\2", 2) +
         pieces(random_bytes(random, 900), 200) + ";";
}

Text webp(Random& random, const Text& exif) {
  const auto chunk = [](const Text& kind, const Text& data) {
    return kind + little(data.size(), 4) + data + Text(data.size() % 2, '\0');
  };
  const Text body = "WEBP" + chunk("VP8X", Text(10, '\0')) + chunk("VP8 ", random_bytes(random, 2001)) +
                    chunk("EXIF", exif);
  return "RIFF" + little(body.size(), 4) + body;
}

class Pictures : public testing::Test {
 protected:
  Random random_{21};
};

TEST_F(Pictures, InJpegTellTheirMetadataAndLeaveThePictureUnexplained) {
  const Text first = Text(kToken) + "first";
  const Text image = jpeg(random_, first, "second");
  const Decoded decoded = decode("jpeg", image + "trailing");
  EXPECT_TRUE(decoded.complete) << decoded.reason;
  EXPECT_EQ(decoded.consumed, image.size());
  EXPECT_NE(member(decoded, "exif").find(first), Text::npos);
  EXPECT_EQ(member(decoded, "extended xmp"), first);
  EXPECT_EQ(member(decoded, "comments"), "second");
  EXPECT_GE(decoded.unexplained, 3000U);
}

TEST_F(Pictures, InGifTellCommentsThatAreCutInPieces) {
  const Text image = gif(random_, Text(kToken) + " is a comment");
  const Decoded decoded = decode("gif", image + "trailing");
  EXPECT_TRUE(decoded.complete) << decoded.reason;
  EXPECT_EQ(decoded.consumed, image.size());
  EXPECT_EQ(member(decoded, "comments"), Text(kToken) + " is a comment");
  EXPECT_EQ(decoded.unexplained, 900U);
}

TEST_F(Pictures, InWebpTellTheirMetadata) {
  const Text image = webp(random_, kToken);
  const Decoded decoded = decode("webp", image + "trailing");
  EXPECT_TRUE(decoded.complete) << decoded.reason;
  EXPECT_EQ(decoded.consumed, image.size());
  EXPECT_EQ(member(decoded, "1 EXIF"), kToken);
  EXPECT_EQ(decoded.unexplained, 2001U);
}

TEST_F(Pictures, WithATokenInUtf16OrInPiecesAreSeenThroughAndLeaveThePictureOpaque) {
  const Planted planted;
  for (const Text& image : {jpeg(random_, utf16le(kToken), "x"), jpeg(random_, kToken, "x"),
                            gif(random_, kToken), webp(random_, base64(kToken))}) {
    EXPECT_TRUE(finds_token(planted, random_bytes(random_, 30) + image));
    EXPECT_GE(planted.search(image).opaque, 800U);
  }
}

TEST_F(Pictures, ThatAreCutAreNeverCalledComplete) {
  const Text images[] = {jpeg(random_, kToken, "x"), gif(random_, kToken), webp(random_, kToken)};
  const char* const names[] = {"jpeg", "gif", "webp"};
  for (std::size_t kind = 0; kind < 3; ++kind)
    for (std::size_t size = 0; size < images[kind].size(); size += 1 + size / 50) {
      const Decoded decoded = decode(names[kind], images[kind].substr(0, size));
      EXPECT_FALSE(decoded.complete) << names[kind] << " " << size;
      EXPECT_LE(decoded.consumed, size);
    }
}

TEST_F(Pictures, WithMuchMetadataAreBounded) {
  Text many = "\xff\xd8";
  for (int i = 0; i < 100; ++i) many += segment(0xfe, Text(60000, 'a'));
  const Decoded decoded = decode("jpeg", many, 100'000);
  EXPECT_LE(decoded.bytes.size(), 100'000U);
  EXPECT_EQ(decoded.reason, "output budget");
  EXPECT_EQ(decode("gif", gif(random_, Text(5000, 'a')), 1000).reason, "output budget");
  EXPECT_EQ(decode("webp", webp(random_, Text(5000, 'a')), 1000).reason, "output budget");
}

TEST_F(Pictures, AreNotSeenInBytesThatHaveButTheirFirst) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(decode("jpeg", "\xff\xd8\xff\xc0" + random_bytes(random_, 8)).members.empty());
    EXPECT_FALSE(decode("gif", "GIF89a" + random_bytes(random_, 40)).complete);
    EXPECT_TRUE(decode("webp", "RIFF" + random_bytes(random_, 40)).reason.empty());
  }
}

}  // namespace
}  // namespace candor::recognise::test
