// SPDX-License-Identifier: Apache-2.0
#include "support/disguise/disguise.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "document/package.h"

namespace candor::recognise::test {

namespace {

Text deflated(const Text& plain, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Text packed(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Text each_byte(const Text& plain, const char* format) {
  Text result;
  for (const char c : plain) result += fmt::format(fmt::runtime(format), static_cast<unsigned char>(c));
  return result;
}

Text little(std::uint64_t value, int size) {
  Text bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

model::Manifest one_document(const Text& content) {
  model::Document document{
      .id = "memo-1",
      .spec = "memo",
      .format = "txt",
      .marking = "none",
      .path = std::string("/home/alex/site-survey-") + kNameToken + ".txt",
      .name = std::string("site-survey-") + kNameToken + ".txt",
      .size = content.size(),
      .sha256 = sha256_hex(as_bytes(content)),
      .canaries = {{kToken, model::CanaryPlace::body, 1}, {kNameToken, model::CanaryPlace::name, 0}}};
  return {.seed = 1, .documents = {document}};
}

}  // namespace

Text gzip(const Text& plain) { return deflated(plain, 31); }
Text zlib(const Text& plain) { return deflated(plain, 15); }
Text zip(const Text& plain) { return Text(as_text(document::zip_package({{"part.bin", plain}}))); }

Text stored_zip(const Text& plain) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  return "PK\x03\x04" + little(20, 2) + little(0, 8) + little(crc, 4) + little(plain.size(), 4) +
         little(plain.size(), 4) + little(5, 2) + little(0, 2) + "a.bin" + plain;
}

Text chunked(const Text& plain) {
  Text message = "POST /upload HTTP/1.1\r\nHost: sink.example\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < plain.size(); at += 11) {
    const Text chunk = plain.substr(at, 11);
    message += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  return message + "0\r\n\r\n";
}

Text base64(const Text& plain) { return to_base64(as_bytes(plain)); }

Text base64url_unpadded(const Text& plain) {
  Text text = base64(plain);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Text base64_wrapped(const Text& plain) {
  Text text = base64(plain);
  for (std::size_t at = 76; at < text.size(); at += 78) text.insert(at, "\r\n");
  return text;
}

Text hex(const Text& plain) { return to_hex(as_bytes(plain)); }
Text hex_separated(const Text& plain) { return each_byte(plain, "{:02X}:"); }
Text percent(const Text& plain) { return each_byte(plain, "%{:02x}"); }
Text json(const Text& plain) { return "\"" + each_byte(plain, "\\u{:04x}") + "\""; }
Text html(const Text& plain) { return each_byte(plain, "&#{};"); }

Text quoted_printable(const Text& plain) {
  Text result;
  std::size_t column = 0;
  for (const char c : plain) {
    const bool safe = std::isalnum(static_cast<unsigned char>(c)) != 0;
    const Text piece = safe ? Text(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    if (column + piece.size() > 17) {
      result += "=\r\n";
      column = 0;
    }
    result += piece;
    column += piece.size();
  }
  return result;
}

Text utf16le(const Text& plain) {
  Text result;
  for (const char c : plain) result += Text(1, c) + '\0';
  return result;
}

Text utf16be(const Text& plain) {
  Text result;
  for (const char c : plain) result += Text(1, '\0') + c;
  return result;
}

std::vector<Disguise> basic_disguises() {
  return {
      {"gzip", false, gzip},
      {"zlib", false, zlib},
      {"zip", false, zip},
      {"stored zip", false, stored_zip},
      {"chunked", false, chunked},
      {"base64", false, base64},
      {"base64url", false, base64url_unpadded},
      {"wrapped base64", false, base64_wrapped},
      {"hex", false, hex},
      {"separated hex", false, hex_separated},
      {"percent", false, percent},
      {"quoted-printable", false, quoted_printable},
      {"utf-16le", true, utf16le},
      {"utf-16be", true, utf16be},
      {"json", true, json},
      {"html", true, html},
  };
}

const std::vector<Disguise>& disguises() {
  static const std::vector<Disguise> table = [] {
    std::vector<Disguise> all = basic_disguises();
    for (const auto& part : {container_disguises(), encoding_disguises()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

Text random_bytes(Random& random, std::size_t size) {
  Text bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

Text words(Random& random, std::size_t size) {
  static const char* const kWords[] = {"tide",    "and", "lantern",   "the",
                                       "harbour", "of",  "seventeen", "quiet"};
  Text text;
  while (text.size() < size) text += std::string(kWords[random() % std::size(kWords)]) + " ";
  text.resize(size);
  return text;
}

Planted::Planted(Limits limits)
    : content("Minutes of the harbour board.\nReference " + Text(kToken) + " is to be kept.\n" +
              Text(400, '-') + "\nEnd of the minutes.\n"),
      manifest(one_document(content)),
      recogniser(manifest, {{"memo-1", as_bytes(content)}}, limits) {}

std::vector<model::Hit> of_kind(const model::Recognition& found, model::HitKind kind) {
  std::vector<model::Hit> hits;
  std::copy_if(found.hits.begin(), found.hits.end(), std::back_inserter(hits),
               [kind](const model::Hit& hit) { return hit.kind == kind; });
  return hits;
}

std::string chain_text(const model::Hit& hit) {
  std::string text;
  for (const model::DecodeStep& step : hit.chain) text += (text.empty() ? "" : " ") + step.decoder;
  return text;
}

bool finds_token(const Planted& planted, const Text& surface) {
  const model::Recognition found = planted.search(surface);
  const bool proven = std::all_of(found.hits.begin(), found.hits.end(), [&](const model::Hit& hit) {
    return planted.recogniser.verify(as_bytes(surface), hit);
  });
  return proven && !of_kind(found, model::HitKind::token).empty();
}

}  // namespace candor::recognise::test
