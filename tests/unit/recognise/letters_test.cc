// SPDX-License-Identifier: Apache-2.0
//
// Texts as forms, header parameters and UTF-7 write them.
#include <gtest/gtest.h>

#include <algorithm>

#include "recognise/decoder.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

Decoded decode(std::string_view name, const Text& bytes, std::size_t max_output = 1U << 20) {
  const auto found = std::find_if(decoders().begin(), decoders().end(),
                                  [&](const Decoder& each) { return each.name == name; });
  return found == decoders().end() ? Decoded{} : found->decode(as_bytes(bytes), max_output);
}

/// As a browser sends a form's text.
Text form(const Text& plain) {
  Text out;
  for (const char c : plain) {
    if (c == ' ')
      out += '+';
    else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.')
      out += c;
    else
      out += percent(Text(1, c));
  }
  return out;
}

/// RFC 2231, `each` bytes in a piece, every second one quoted and without escapes.
Text parameter(const Text& plain, std::size_t each, const Text& separator) {
  Text out;
  for (std::size_t at = 0, number = 0; at < plain.size(); at += each, ++number) {
    const Text piece = plain.substr(at, each);
    if (number > 0) out += separator;
    out += "filename*" + std::to_string(number);
    out +=
        number % 2 == 0 ? "*=" + Text(number == 0 ? "UTF-8''" : "") + percent(piece) : "=\"" + piece + "\"";
  }
  return out;
}

Text utf7(const std::u16string& text, char mark = '+') {
  Text out;
  std::string units;
  const auto flush = [&] {
    if (units.empty()) return;
    Text letters = to_base64(as_bytes(units));
    letters.resize(letters.find('=') == Text::npos ? letters.size() : letters.find('='));
    if (mark == '&') std::replace(letters.begin(), letters.end(), '/', ',');
    out += mark + letters + "-";
    units.clear();
  };
  for (const char16_t c : text) {
    if (c < 0x80) {
      flush();
      out += static_cast<char>(c);
      if (static_cast<char>(c) == mark) out += '-';
    } else {
      units += static_cast<char>(c >> 8);
      units += static_cast<char>(c & 0xff);
    }
  }
  flush();
  return out;
}

/// How often a document with this text, or a fragment of it, is found in a surface.
std::size_t found_of(const Text& document, const Text& surface) {
  model::Manifest manifest{.seed = 1};
  manifest.documents.push_back({.id = "d",
                                .spec = "d",
                                .path = "/d",
                                .name = "d",
                                .size = document.size(),
                                .sha256 = sha256_hex(as_bytes(document))});
  const Recogniser recogniser(manifest, {{"d", as_bytes(document)}});
  const model::Recognition found = recogniser.search(as_bytes(surface));
  for (const model::Hit& hit : found.hits) EXPECT_TRUE(recogniser.verify(as_bytes(surface), hit));
  return static_cast<std::size_t>(
      std::count_if(found.hits.begin(), found.hits.end(), [](const model::Hit& hit) {
        return hit.kind == model::HitKind::fragment || hit.kind == model::HitKind::whole_file;
      }));
}

TEST(Forms, WithPlusSignsForBlanksAreRead) {
  const Text plain = "The quick brown fox, 100 % of it, jumps over the lazy dog (twice).";
  const Decoded decoded = decode("form", form(plain) + "&next=1");
  EXPECT_EQ(as_text(decoded.bytes), plain);
  EXPECT_EQ(decoded.consumed, form(plain).size());
  EXPECT_TRUE(decoded.complete);
  EXPECT_EQ(decode("form", form(plain), 30).reason, "output budget");
  EXPECT_GE(found_of(plain, "POST / HTTP/1.1\r\nHost: a.example\r\n\r\nid=7&text=" + form(plain) + "&x=1"),
            1U);
  EXPECT_GE(found_of("fox jumps over all the dogs", "text=the+lazy+" + form("fox jumps over all the dogs")),
            1U);
}

TEST(Forms, AreNotSeenInBase64) {
  Random random(31);
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(decode("form", base64(random_bytes(random, 300))).bytes.empty());
}

TEST(Parameters, InPiecesArePutTogether) {
  const Text plain = Text(kToken) + " plan.docx";
  const Planted planted;
  for (const Text separator : {"; ", ";\r\n ", ";"})
    for (const std::size_t each : {3U, 7U, 20U}) {
      const Text worn = parameter(plain, each, separator);
      const Decoded decoded = decode("parameter", worn + "\r\nX: y");
      EXPECT_EQ(as_text(decoded.bytes), "UTF-8''" + plain) << worn;
      EXPECT_EQ(decoded.consumed, worn.size());
      EXPECT_TRUE(finds_token(planted, "Content-Disposition: attachment; " + worn + "\r\n\r\nbody")) << worn;
    }
}

TEST(Parameters, ThatAreCutOrDoNotGoOnGiveWhatThereIs) {
  const Text worn = parameter("abcdefghijklmnop", 4, "; ");
  for (std::size_t size = 0; size < worn.size(); ++size)
    EXPECT_LE(decode("parameter", worn.substr(0, size)).consumed, size);
  EXPECT_EQ(as_text(decode("parameter", "a*0=\"b\"; a*2=\"c\"").bytes), "b");
  EXPECT_TRUE(decode("parameter", "a*1=\"b\"; a*2=\"c\"").bytes.empty());
  EXPECT_EQ(decode("parameter", "a*0=bcdefghijk", 4).reason, "output budget");
}

TEST(Utf7, IsReadAsMailsAndMailFoldersHaveIt) {
  const std::u16string plain =
      u"Приказ № 17: выступить в 06:00 + 30 минут & ждать. Größe für Łódź, 第一条 机密文件。";
  for (const char mark : {'+', '&'}) {
    const Text worn = utf7(plain, mark);
    const Decoded decoded = decode("utf-7", worn + "\x01");
    EXPECT_EQ(as_text(decoded.bytes),
              "Приказ № 17: выступить в 06:00 + 30 минут & ждать. Größe für Łódź, 第一条 机密文件。")
        << worn;
    EXPECT_TRUE(decoded.complete);
    EXPECT_EQ(decoded.consumed, worn.size());
    EXPECT_EQ(decode("utf-7", worn, 30).reason, "output budget");
    EXPECT_LE(decode("utf-7", worn, 30).bytes.size(), 30U);
    EXPECT_GE(found_of("выступить в 06:00 + 30 минут", "Subject: x\r\n\r\nAn: " + worn + "\r\n"), 1U) << worn;
  }
}

TEST(Utf7, IsNotSeenInBase64OrRandomBytes) {
  Random random(33);
  for (int i = 0; i < 3000; ++i) {
    EXPECT_TRUE(decode("utf-7", "+" + base64(random_bytes(random, 60))).bytes.empty());
    EXPECT_TRUE(decode("utf-7", "+" + random_bytes(random, 60)).bytes.empty());
  }
  EXPECT_TRUE(decode("utf-7", "+bar-1+foo-2+baz-3 +AAA").bytes.empty());
}

}  // namespace
}  // namespace candor::recognise::test
