// SPDX-License-Identifier: Apache-2.0
#include "recognise/recogniser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "document/generate.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

using model::Hit;
using model::HitKind;
using model::Recognition;

/// All formats, as a run plants them.
struct Collection {
  Collection() {
    for (const char* format : {"txt", "html", "eml", "docx"})
      specs[format] = {
          .id = format, .format = format, .marking = "us/secret", .folder = "/home/alex", .count = 3};
    planted = document::generate(specs, Seed(5));
    for (const document::Planted& each : planted) {
      manifest.documents.push_back(each.document);
      files.push_back({each.document.id, each.content});
    }
  }
  [[nodiscard]] Text content(std::size_t index) const { return Text(as_text(planted[index].content)); }
  std::map<std::string, model::DocumentSpec> specs;
  std::vector<document::Planted> planted;
  model::Manifest manifest;
  std::vector<PlantedContent> files;
};

Text multipart(const Text& file_name, const Text& content) {
  const Text body = "--xYzZy\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + file_name +
                    "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n--xYzZy--\r\n";
  return fmt::format("POST /submit HTTP/1.1\r\nHost: samples.example\r\nContent-Length: {}\r\n\r\n{}",
                     body.size(), body);
}

std::string described(const Recognition& found) {
  std::string text;
  for (const model::Hit& hit : found.hits)
    text += fmt::format("\n  {} {} '{}' {} via '{}' at {}+{}", model::text(hit.kind), hit.document, hit.what,
                        hit.place, chain_text(hit), hit.offset, hit.length);
  return text;
}

TEST(Recogniser, FindsEachWholeFileInAMultipartUploadAndNothingElse) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  for (std::size_t i = 0; i < all.planted.size(); ++i) {
    const Text surface = multipart("upload.bin", all.content(i));
    const Recognition found = recogniser.search(as_bytes(surface));
    ASSERT_EQ(found.hits.size(), 1U) << all.planted[i].document.id << described(found);
    EXPECT_EQ(found.hits[0].kind, HitKind::whole_file);
    EXPECT_EQ(found.hits[0].document, all.planted[i].document.id);
    EXPECT_EQ(found.hits[0].length, all.planted[i].content.size());
    EXPECT_EQ(found.opaque, 0U);
    EXPECT_TRUE(found.not_looked_into.empty());
  }
}

TEST(Recogniser, FindsEachWholeFileThroughGzipInChunksAndNothingElse) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  for (std::size_t i = 0; i < all.planted.size(); ++i) {
    const Text surface = chunked(gzip(all.content(i)));
    const Recognition found = recogniser.search(as_bytes(surface));
    ASSERT_EQ(found.hits.size(), 1U) << all.planted[i].document.id;
    EXPECT_EQ(found.hits[0].kind, HitKind::whole_file);
    EXPECT_EQ(chain_text(found.hits[0]), "http-chunked gzip");
    EXPECT_EQ(found.opaque, 0U);
  }
}

TEST(Recogniser, FindsEveryCanaryOfADocumentThatWasNotSentWhole) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  for (std::size_t i = 0; i < all.planted.size(); ++i) {
    const Text cut = all.content(i).substr(20);  // Without its begin: no whole file, no first zip member.
    const Recognition found = recogniser.search(as_bytes(cut));
    for (const model::Canary& canary : all.planted[i].document.canaries) {
      if (canary.place == model::CanaryPlace::name || canary.place == model::CanaryPlace::attribute) continue;
      const bool seen = std::any_of(found.hits.begin(), found.hits.end(),
                                    [&](const Hit& hit) { return hit.what == canary.token; });
      EXPECT_TRUE(seen) << all.planted[i].document.id << " " << text(canary.place) << " " << canary.page;
    }
    EXPECT_TRUE(of_kind(found, HitKind::whole_file).empty());
  }
}

TEST(Recogniser, ReportsANameOutsideTheFileBesideTheFile) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  const Text surface = chunked(gzip(multipart(all.planted[0].document.name, all.content(0))));
  const Recognition found = recogniser.search(as_bytes(surface));
  ASSERT_EQ(found.hits.size(), 2U);
  EXPECT_EQ(of_kind(found, HitKind::whole_file).size(), 1U);
  EXPECT_EQ(of_kind(found, HitKind::name).size(), 1U);
}

TEST(Recogniser, FindsAFileThatStandsTwiceTwice) {
  const Planted planted;
  const Recognition found = planted.search(planted.content + "and again" + planted.content);
  EXPECT_EQ(of_kind(found, HitKind::whole_file).size(), 2U);
}

TEST(Recogniser, FindsATokenInAnyCase) {
  const Planted planted;
  Text loud = kToken;
  for (char& c : loud) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_TRUE(finds_token(planted, loud));
}

TEST(Recogniser, FindsTheNameInAUrlAndThePathPercentEncoded) {
  const Planted planted;
  const std::string& name = planted.manifest.documents[0].name;
  const Recognition by_name = planted.search("GET /check?name=" + name + " HTTP/1.1\r\n\r\n");
  ASSERT_EQ(by_name.hits.size(), 1U);
  EXPECT_EQ(by_name.hits[0].kind, HitKind::name);
  EXPECT_EQ(by_name.hits[0].what, kNameToken);

  const Recognition by_path = planted.search("GET /check?p=%2Fhome%2Falex%2F" + name + " HTTP/1.1\r\n\r\n");
  const std::vector<Hit> paths = of_kind(by_path, HitKind::path);
  ASSERT_EQ(paths.size(), 1U);
  EXPECT_EQ(chain_text(paths[0]), "percent");
}

TEST(Recogniser, TakesAPathForThePathAndNotAlsoForTheName) {
  const Planted planted;
  const Recognition found = planted.search("{\"path\":\"" + planted.manifest.documents[0].path + "\"}");
  ASSERT_EQ(found.hits.size(), 1U);
  EXPECT_EQ(found.hits[0].kind, HitKind::path);
}

TEST(Recogniser, FindsDigestsInEveryForm) {
  const Planted planted;
  for (const char* algorithm : {"md5", "sha1", "sha256", "sha512"}) {
    const Bytes raw = digest(algorithm, as_bytes(planted.content));
    const Text binary(as_text(raw));
    Text upper = to_hex(raw);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const std::pair<const char*, Text> forms[] = {{"raw", binary},
                                                  {"hex", to_hex(raw)},
                                                  {"hex", upper},
                                                  {"raw", to_base64(raw)},
                                                  {"raw", base64url_unpadded(binary)},
                                                  {"hex", gzip("hash=" + to_hex(raw))}};
    for (const auto& [place, form] : forms) {
      const Recognition found = planted.search("\x01\x02" + form + "\x01");
      ASSERT_EQ(found.hits.size(), 1U) << algorithm << " " << place;
      EXPECT_EQ(found.hits[0].kind, HitKind::hash);
      EXPECT_EQ(found.hits[0].what, std::string(algorithm) + " of file");
      EXPECT_EQ(found.hits[0].place, place);
    }
  }
}

TEST(Recogniser, ReportsAThingOnceByItsShortestChain) {
  const Planted planted;
  const Recognition found =
      planted.search("a=%41 b=3D= c\\u0041 &amp; " + Text(kToken) + " " + Text(80, 'q'));
  ASSERT_EQ(found.hits.size(), 1U);
  EXPECT_TRUE(found.hits[0].chain.empty());
}

TEST(Recogniser, BoundsHowOftenAThingIsListed) {
  const Planted planted;
  Text surface;
  for (int i = 0; i < 5000; ++i) surface += Text(kToken) + "\n";
  EXPECT_EQ(of_kind(planted.search(surface), HitKind::token).size(), Limits{}.hits_per_thing);
}

TEST(Recogniser, VerifiesAgainstTheRawBytesOnly) {
  const Planted planted;
  Text surface = "some words before " + base64(gzip("kept: " + Text(kToken))) + " and after";
  const Recognition found = planted.search(surface);
  ASSERT_EQ(found.hits.size(), 1U);
  EXPECT_TRUE(planted.recogniser.verify(as_bytes(surface), found.hits[0]));
  Hit moved = found.hits[0];
  moved.offset += 1;
  EXPECT_FALSE(planted.recogniser.verify(as_bytes(surface), moved));
  Hit longer = found.hits[0];
  longer.chain[0].produced += 1;
  EXPECT_FALSE(planted.recogniser.verify(as_bytes(surface), longer));
  Hit foreign = found.hits[0];
  foreign.chain[0].decoder = "rot13";
  EXPECT_FALSE(planted.recogniser.verify(as_bytes(surface), foreign));
  const std::size_t inside = found.hits[0].chain[0].offset + 40;
  surface[inside] = surface[inside] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(planted.recogniser.verify(as_bytes(surface), found.hits[0]));
}

TEST(Recogniser, RefusesContentThatIsNotTheManifests) {
  const Planted planted;
  const Text other = planted.content + "!";
  EXPECT_THROW(Recogniser(planted.manifest, {{"memo-1", as_bytes(other)}}), Error);
  EXPECT_THROW(Recogniser(planted.manifest, {{"memo-2", as_bytes(planted.content)}}), Error);
}

TEST(Recogniser, GivesTheSameAnswerToManyThreads) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  Text surface;
  for (std::size_t i = 0; i < all.planted.size(); ++i) surface += chunked(gzip(all.content(i)));
  const std::size_t expected = recogniser.search(as_bytes(surface)).hits.size();
  ASSERT_EQ(expected, all.planted.size());
  std::vector<std::jthread> threads;
  std::array<std::size_t, 4> counts{};
  for (std::size_t& count : counts)
    threads.emplace_back([&] { count = recogniser.search(as_bytes(surface)).hits.size(); });
  threads.clear();
  for (const std::size_t count : counts) EXPECT_EQ(count, expected);
}

TEST(Recogniser, AcceptsAnEmptySurfaceAndAnEmptyManifest) {
  const Planted planted;
  EXPECT_EQ(planted.search("").hits.size(), 0U);
  const Recogniser empty(model::Manifest{}, {});
  EXPECT_TRUE(empty.search(as_bytes(planted.content)).hits.empty());
}

TEST(Recogniser, FindsEachKindOfMetadataRawAndDisguised) {
  document::Planted file = document::generate(
      {{"plan", {.id = "plan", .format = "docx", .marking = "us/secret", .folder = "/home/alex/{canary}"}}},
      Seed(9))[0];
  model::Manifest manifest{.seed = 9, .documents = {file.document}};
  manifest.identities = {
      {"user", "marlowe"}, {"host", "marlowe-ws-0417"}, {"machine id", "5f0c8b1e9d7a4c6293be10f4a8d2c7e6"}};
  const Recogniser recogniser(manifest, {{file.document.id, file.content}});
  const std::string& name = file.document.name;
  const std::string listing =
      "-rw-r--r-- 1 root root " + std::to_string(file.document.size) + " Jan  1 12:00 " + name + "\n";
  const auto kinds_in = [&](const Text& surface) {
    std::set<HitKind> kinds;
    for (const Hit& hit : recogniser.search(as_bytes(surface)).hits) kinds.insert(hit.kind);
    return kinds;
  };
  for (Text (*const worn)(const Text&) : {+[](const Text& plain) { return plain; }, utf16le, base64, gzip}) {
    EXPECT_TRUE(kinds_in(worn("name: " + name + ", 17 kB")).contains(HitKind::name));
    EXPECT_TRUE(kinds_in(worn("total 4\n" + listing)).contains(HitKind::name));
    EXPECT_TRUE(kinds_in(worn("file " + file.document.path + " opened")).contains(HitKind::path));
    for (const model::Identity& identity : manifest.identities)
      EXPECT_TRUE(kinds_in(worn("agent report of " + identity.value + " today")).contains(HitKind::identity))
          << identity.kind;
    for (const model::Canary& canary : file.document.canaries) {
      if (canary.place != model::CanaryPlace::property && canary.place != model::CanaryPlace::folder)
        continue;
      EXPECT_TRUE(kinds_in(worn("title=" + canary.token + ";")).contains(HitKind::token))
          << text(canary.place);
    }
  }
}

TEST(Recogniser, FindsAMachineIdInAllItsForms) {
  model::Manifest manifest;
  manifest.identities = {{"machine id", "5f0c8b1e9d7a4c6293be10f4a8d2c7e6"}};
  const Recogniser recogniser(manifest, {});
  const Text raw = Text(as_text(*from_hex("5f0c8b1e9d7a4c6293be10f4a8d2c7e6")));
  const Text guid = Text(as_text(*from_hex("1e8b0c5f7a9d624c93be10f4a8d2c7e6")));
  for (const Text& form : {Text("5f0c8b1e9d7a4c6293be10f4a8d2c7e6"), Text("5F0C8B1E9D7A4C6293BE10F4A8D2C7E6"),
                           Text("{5F0C8B1E-9D7A-4C62-93BE-10F4A8D2C7E6}"), raw, guid, "id=" + base64(raw)}) {
    const std::vector<Hit> hits = recogniser.search(as_bytes("from " + form + " today")).hits;
    ASSERT_FALSE(hits.empty()) << printable(form);
    for (const Hit& hit : hits) {
      EXPECT_EQ(hit.kind, HitKind::identity);
      EXPECT_EQ(hit.what, "5f0c8b1e9d7a4c6293be10f4a8d2c7e6");
      EXPECT_TRUE(hit.place.starts_with("machine id")) << hit.place;
    }
  }
  EXPECT_TRUE(recogniser.search(as_bytes("id 5f0c8b1e9d7a4c6293be10f4a8d2c7e7")).hits.empty());
}

TEST(Recogniser, FindsDigestsOfIdentitiesAndProvesThem) {
  model::Manifest manifest;
  manifest.identities = {{"user", "tamsin.dorevakin"}, {"machine id", "5f0c8b1e9d7a4c6293be10f4a8d2c7e6"}};
  const Recogniser recogniser(manifest, {});
  for (const auto& [what, text] :
       {std::pair{"sha256 of user", Text("tamsin.dorevakin")},
        std::pair{"sha256 of machine id", Text("5f0c8b1e9d7a4c6293be10f4a8d2c7e6")}}) {
    const Text surface = gzip("client=" + sha256_hex(as_bytes(text)) + "&os=linux");
    const Recognition found = recogniser.search(as_bytes(surface));
    ASSERT_FALSE(found.hits.empty()) << what;
    EXPECT_EQ(found.hits[0].what, what);
    EXPECT_EQ(found.hits[0].document, "");
    EXPECT_TRUE(recogniser.verify(as_bytes(surface), found.hits[0]));
  }
}

/// Exif keeps metadata as it is in fields of TIFF, and XMP as text: a TIFF file takes no decoder.
TEST(Recogniser, FindsTheMetadataOfATiffFileWhereItStands) {
  const Planted planted;
  const Text said = Text("By ") + kToken;
  const Text wide = utf16le(said);
  // A file of one directory with Artist (0x13b, ASCII), XPComment (0x9c9c, bytes, UTF-16LE) and XMP (0x2bc).
  const auto le = [](std::uint32_t value, int size) {
    Text bytes;
    for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
  };
  const auto tiff = [&](std::uint32_t tag, std::uint32_t type, const Text& value) {
    return "II*" + Text(1, '\0') + le(8, 4) + le(1, 2) + le(tag, 2) + le(type, 2) +
           le(static_cast<std::uint32_t>(value.size()), 4) + le(26, 4) + le(0, 4) + value;
  };
  EXPECT_TRUE(finds_token(planted, tiff(0x13b, 2, said)));
  EXPECT_TRUE(finds_token(planted, tiff(0x9c9c, 1, wide)));
  EXPECT_TRUE(
      finds_token(planted, tiff(0x2bc, 1, "<x:xmpmeta><dc:title>" + said + "</dc:title></x:xmpmeta>")));
}

TEST(Recogniser, FindsNothingInForeignBytes) {
  const Collection all;
  const std::vector<document::Planted> forms = document::forms(all.manifest);
  std::vector<ByteView> boilerplate;
  for (const document::Planted& form : forms) boilerplate.emplace_back(form.content);
  const Recogniser recogniser(all.manifest, all.files, {}, boilerplate);
#ifdef __OPTIMIZE__
  std::size_t left = 2U << 20;
#else
  std::size_t left = 256U << 10;
#endif
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           "/usr/lib", std::filesystem::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file() || entry.is_symlink() || entry.file_size() > (2U << 20)) continue;
    if (entry.file_size() > left) break;
    left -= entry.file_size();
    const Recognition found = recogniser.search(MappedFile(entry.path()).bytes());
    EXPECT_TRUE(found.hits.empty()) << entry.path() << described(found);
  }
}

/// The 16 bytes a canary's letters stand for.
Text bytes_of(const Text& token) {
  const Text letters = "abcdefghijklmnopqrstuvwxyz234567";
  Text bits;
  for (const char letter : token)
    for (int bit = 4; bit >= 0; --bit) bits += (letters.find(letter) >> bit & 1U) != 0 ? '1' : '0';
  Text bytes;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8)
    bytes += static_cast<char>(std::stoi(bits.substr(at, 8), nullptr, 2));
  return bytes;
}

TEST(Recogniser, FindsTheBytesOfACanaryAsTheyStandAndEncoded) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  const model::Canary& canary = all.planted[0].document.canaries.at(0);
  const Text bytes = bytes_of(canary.token);
  ASSERT_EQ(bytes.size(), 16U);
  const Text hex = to_hex(as_bytes(bytes));
  const Text base64 = to_base64(as_bytes(bytes));
  for (const Text& surface : {"id " + bytes + " end", "id=" + hex, "id=" + base64}) {
    const Recognition found = recogniser.search(as_bytes(surface));
    ASSERT_EQ(found.hits.size(), 1U) << described(found);
    EXPECT_EQ(found.hits[0].what, canary.token);
    EXPECT_EQ(found.hits[0].length, 16U);
    EXPECT_TRUE(recogniser.verify(as_bytes(surface), found.hits[0]));
  }
  Text other = bytes;
  other[7] = static_cast<char>(other[7] ^ 1);
  EXPECT_TRUE(recogniser.search(as_bytes("id " + other + " end")).hits.empty());
}

TEST(Recogniser, TellsACanaryOnceThoughItsLettersAreBase32OfItsBytes) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  const Text token = all.planted[0].document.canaries.at(0).token;
  const Recognition found = recogniser.search(as_bytes("see " + token + " there"));
  ASSERT_EQ(found.hits.size(), 1U) << described(found);
  EXPECT_TRUE(found.hits[0].chain.empty());
}

TEST(Recogniser, AsItStandsFindsNothingInEncodingsAndAllUnderChangesOfAllBytes) {
  const Collection all;
  const Recogniser recogniser(all.manifest, all.files);
  const Text token = all.planted[0].document.canaries.at(0).token;
  Text added = "...." + token;
  for (char& c : added) c = static_cast<char>(c + 40);
  for (const Text& surface : {token, bytes_of(token), added})
    EXPECT_EQ(recogniser.search_as_it_stands(as_bytes(surface)).hits.size(), 1U) << printable(surface);
  const Text base64 = to_base64(as_bytes(token));
  EXPECT_TRUE(recogniser.search_as_it_stands(as_bytes(base64)).hits.empty());
  EXPECT_FALSE(recogniser.search(as_bytes(base64)).hits.empty());
}

}  // namespace
}  // namespace candor::recognise::test
