// SPDX-License-Identifier: Apache-2.0
#include "document/generate.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "reading.h"

namespace candor::document {
namespace {

using model::Canary;
using model::CanaryPlace;
using testing::HasSubstr;

std::set<CanaryPlace> places_in(const Planted& planted) {
  std::set<CanaryPlace> places;
  for (const Canary& canary : planted.document.canaries) places.insert(canary.place);
  return places;
}

TEST(Documents, AreByteIdenticalForTheSameSeedAndOthersForAnother) {
  for (const char* marking : {"us/secret", "ru/secret", "cn/secret"}) {
    const auto once = generate(every_format(marking), Seed(1));
    const auto again = generate(every_format(marking), Seed(1));
    const auto other = generate(every_format(marking), Seed(2));
    ASSERT_EQ(once.size(), every_format(marking).size());
    for (std::size_t i = 0; i < once.size(); ++i) {
      EXPECT_EQ(once[i].content, again[i].content) << once[i].document.id;
      EXPECT_EQ(once[i].text, again[i].text);
      EXPECT_NE(once[i].content, other[i].content);
      EXPECT_EQ(once[i].document.sha256, sha256_hex(once[i].content));
      EXPECT_EQ(once[i].document.size, once[i].content.size());
    }
  }
}

TEST(Documents, BearCanariesThatNoOtherDocumentBears) {
  std::set<std::string> tokens;
  std::size_t count = 0;
  for (const Planted& planted : generate(every_format("nato/secret", 2), Seed(3)))
    for (const Canary& canary : planted.document.canaries) {
      ++count;
      tokens.insert(canary.token);
      EXPECT_EQ(canary.token.size(), 26U);
      EXPECT_EQ(canary.token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    }
  EXPECT_EQ(tokens.size(), count);
  EXPECT_GT(count, 16U);
}

TEST(Documents, HaveThreeToFivePagesEachWithItsOwnCanary) {
  for (const Planted& planted : generate(every_format("us/secret"), Seed(4))) {
    std::set<int> pages;
    for (const Canary& canary : planted.document.canaries)
      if (canary.place == CanaryPlace::body) {
        pages.insert(canary.page);
        EXPECT_THAT(planted.text, HasSubstr(canary.token)) << planted.document.id;
      }
    EXPECT_EQ(*pages.begin(), 1);
    EXPECT_EQ(static_cast<std::size_t>(*pages.rbegin()), pages.size());
    if (planted.document.format != "png") {
      EXPECT_GE(pages.size(), 3U);
      EXPECT_LE(pages.size(), 5U);
    }
  }
}

TEST(Documents, BearCanariesInEveryPlaceTheirFormatHas) {
  using enum CanaryPlace;
  const std::map<std::string, std::set<CanaryPlace>> expected = {
      {"txt", {body, name, attribute}},
      {"html", {body, name, attribute, header, property, image}},
      {"eml", {body, name, attribute, header, attachment, image}},
      {"docx", {body, name, attribute, header, property, image}},
      {"pptx", {body, name, attribute, header, property}},
      {"pdf", {body, name, attribute, header, property}},
      {"png", {body, name, attribute, image}}};
  for (const auto& [format, places] : expected)
    EXPECT_EQ(places_in(one(spec_of(format, "us/secret"))), places) << format;
  for (const char* format : {"zip", "zip-encrypted", "zip-aes", "tar.gz"})
    EXPECT_TRUE(places_in(one(spec_of(format, "us/secret"))).contains(comment)) << format;
}

/// What an archive's or package's members hold, each taken out once.
class Members {
 public:
  explicit Members(const std::string& file) : file_(file) {}
  const std::string& content(const std::string& member) {
    const auto [found, fresh] = taken_.emplace(member, "");
    if (fresh) found->second = take(member);
    return found->second;
  }

 private:
  /// A page's picture stands in a data: URL.
  std::string take(const std::string& member) {
    constexpr std::string_view kPicture = "!image.png";
    if (!member.ends_with(kPicture)) return member_of(file_, member);
    const std::string page = member_of(file_, member.substr(0, member.size() - kPicture.size()));
    const std::size_t begin = page.find("base64,") + 7;
    return std::string(as_text(*from_base64(page.substr(begin, page.find('"', begin) - begin))));
  }
  const std::string& file_;
  std::map<std::string, std::string> taken_;
};

TEST(Documents, HoldEveryCanaryWhereTheManifestSays) {
  const std::set<std::string> drawn = {"pdf", "png"};
  const std::set<std::string> encoded = {"html", "eml"};  // Their tests read what is encoded in them.
  for (const Planted& planted : generate(every_format("us/top-secret"), Seed(6))) {
    const PlantedFile file(planted);
    Members members(file.path());
    for (const Canary& canary : planted.document.canaries) {
      const std::string about = planted.document.id + " " + text(canary.place) + " " + canary.member;
      if (outside_the_file(canary)) {
        EXPECT_EQ(canary.offset, -1) << about;
        EXPECT_EQ(canary.member, "") << about;
      } else if (canary.offset >= 0) {
        const auto at = static_cast<std::size_t>(canary.offset);
        EXPECT_EQ(as_text(planted.content).substr(at, canary.token.size()), canary.token) << about;
      } else if (drawn.contains(planted.document.format)) {
        EXPECT_EQ(canary.member, "") << about;
      } else if (canary.member.empty()) {
        EXPECT_EQ(canary.place, CanaryPlace::header) << about;  // Drawn in an archive's PDF.
      } else if (encoded.contains(planted.document.format)) {
        EXPECT_NE(canary.member, "") << about;
      } else {
        EXPECT_THAT(members.content(canary.member), HasSubstr(canary.token)) << about;
      }
    }
  }
}

TEST(Documents, HoldTheirNameAndFolderCanariesInTheirPath) {
  Specs specs = every_format("none");
  for (auto& [id, spec] : specs) spec.folder = "/home/alex/Projects/{canary}/new";
  for (const Planted& planted : generate(specs, Seed(4))) {
    EXPECT_TRUE(places_in(planted).contains(CanaryPlace::folder));
    for (const Canary& canary : planted.document.canaries) {
      if (canary.place == CanaryPlace::name) {
        EXPECT_THAT(planted.document.name, HasSubstr(canary.token));
      }
      if (canary.place == CanaryPlace::folder) {
        EXPECT_EQ(planted.document.path,
                  "/home/alex/Projects/" + canary.token + "/new/" + planted.document.name);
      }
      if (canary.place == CanaryPlace::attribute) {
        EXPECT_EQ(planted.document.attributes.at("user.candor.origin"), canary.token);
      }
    }
  }
}

TEST(Documents, SayThatTheyAreFictionalAndBearTheirMarking) {
  const std::map<std::string, std::string> banners = {{"us/top-secret", "TOP SECRET//SI-"},
                                                      {"us/special-access", "//SAR-"},
                                                      {"uk/official-sensitive", "OFFICIAL-SENSITIVE"},
                                                      {"nato/cosmic-top-secret", "COSMIC TOP SECRET"},
                                                      {"eu/top-secret", "TRÈS SECRET UE/EU TOP SECRET"},
                                                      {"ru/top-secret", "Совершенно секретно"},
                                                      {"cn/top-secret", "绝密★30年"}};
  for (const auto& [marking, banner] : banners) {
    const Planted planted = one(spec_of("txt", marking));
    EXPECT_THAT(std::string(as_text(planted.content)), HasSubstr(banner));
    EXPECT_THAT(planted.text,
                testing::AnyOf(HasSubstr("fictional"), HasSubstr("вымышлен"), HasSubstr("虚构")));
  }
  const std::string us = one(spec_of("txt", "us/top-secret")).text;
  for (const char* line : {"Classified By: ", "Derived From: ", "Declassify On: 205", "(TS//SI-QLF//OC/NF)"})
    EXPECT_THAT(us, HasSubstr(line));
  EXPECT_EQ(one(spec_of("txt", "none")).text.find("SECRET"), std::string::npos);
}

TEST(Documents, LookLikeMarkedOnesWithoutBeingMarked) {
  const Planted novel = one(spec_of("txt", "lookalike/novel"));
  EXPECT_THAT(novel.text, HasSubstr("Secret"));
  EXPECT_EQ(novel.text.find("SECRET"), std::string::npos);
  const Planted article = one(spec_of("txt", "lookalike/article"));
  EXPECT_THAT(article.text, HasSubstr("SECRET"));
  EXPECT_EQ(article.text.find("(TS"), std::string::npos);
  EXPECT_EQ(article.text.find("Classified By"), std::string::npos);
}

TEST(Documents, RefuseUnknownWordsThoseThatDoNotFitAndNamesThatArePaths) {
  const std::map<std::string, std::function<void(model::DocumentSpec&)>> changes = {
      {"there is no format 'wpd'", [](auto& spec) { spec.format = "wpd"; }},
      {"there is no marking 'us/very-secret'", [](auto& spec) { spec.marking = "us/very-secret"; }},
      {"there is no charset 'latin-9'", [](auto& spec) { spec.charset = "latin-9"; }},
      {"no choice of charset", [](auto& spec) { spec.format = "docx", spec.charset = "koi8-r"; }},
      {"koi8-r has no letters", [](auto& spec) { spec.marking = "cn/secret", spec.charset = "koi8-r"; }},
      {"has no font for 'cn/secret'", [](auto& spec) { spec.marking = "cn/secret", spec.format = "pdf"; }},
      {"the password is empty", [](auto& spec) { spec.format = "zip-aes", spec.password = ""; }},
      {"is no file name", [](auto& spec) { spec.name = "../escape"; }},
      {"there are two files", [](auto& spec) { spec.name = "same.txt", spec.count = 2; }}};
  for (const auto& [words, change] : changes) {
    model::DocumentSpec spec{.id = "x", .folder = "/tmp"};
    change(spec);
    try {
      static_cast<void>(generate({{"x", spec}}, Seed(1)));
      ADD_FAILURE() << words;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(words));
      EXPECT_THAT(error.what(), HasSubstr("document 'x'"));
    }
  }
}

const std::set<std::string> kUncompressed = {"txt", "csv", "html", "rtf", "eml"};

TEST(Twins, HaveOtherTokensAndTheSameWordsAndLengths) {
  const auto documents = generate(every_format("us/secret"), Seed(7));
  const auto others = twins(every_format("us/secret"), Seed(7), Twin::other_tokens);
  ASSERT_EQ(documents.size(), others.size());
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const Planted& twin = others[i];
    std::string text = documents[i].text;
    ASSERT_EQ(twin.document.canaries.size(), documents[i].document.canaries.size());
    for (std::size_t c = 0; c < twin.document.canaries.size(); ++c) {
      const std::string& token = documents[i].document.canaries[c].token;
      EXPECT_NE(twin.document.canaries[c].token, token);
      EXPECT_EQ(as_text(twin.content).find(token), std::string_view::npos);
      for (std::size_t at = text.find(token); at != text.npos; at = text.find(token))
        text.replace(at, token.size(), twin.document.canaries[c].token);
    }
    EXPECT_EQ(twin.text, text) << twin.document.id;
    if (kUncompressed.contains(twin.document.format)) {
      EXPECT_EQ(twin.content.size(), documents[i].content.size()) << twin.document.id;
    }
  }
}

TEST(Twins, LackTheirMarkingAndKeepTokensAndLengths) {
  for (const std::string marking : {"us/top-secret", "eu/top-secret", "ru/secret", "cn/secret"}) {
    const auto documents = generate(every_format(marking), Seed(7));
    const auto bare = twins(every_format(marking), Seed(7), Twin::without_marking);
    for (std::size_t i = 0; i < documents.size(); ++i) {
      EXPECT_EQ(bare[i].text.size(), documents[i].text.size()) << documents[i].document.id;
      EXPECT_EQ(bare[i].document.path, documents[i].document.path);
      const std::string& format = documents[i].document.format;
      // RTF writes characters as decimal numbers.
      if (kUncompressed.contains(format) && !(format == "rtf" && marking == "cn/secret")) {
        EXPECT_EQ(bare[i].content.size(), documents[i].content.size()) << documents[i].document.id;
      }
      for (const char* word : {"SECRET", "(TS", "(S", "секретно", "Секретно", "机密", "Classified By"})
        EXPECT_EQ(bare[i].text.find(word), std::string::npos) << documents[i].document.id << " " << word;
      for (const Canary& canary : documents[i].document.canaries)
        if (canary.place == CanaryPlace::body) {
          EXPECT_THAT(bare[i].text, HasSubstr(canary.token));
        }
    }
  }
}

TEST(ControlDocument, IsUnmarkedAndItsOwnForEachNumber) {
  const Planted first = control_document(Seed(1), 1);
  const Planted second = control_document(Seed(1), 2);
  EXPECT_TRUE(first.document.control());
  EXPECT_EQ(first.document.marking, "none");
  EXPECT_NE(first.document.id, second.document.id);
  EXPECT_NE(first.content, second.content);
  EXPECT_TRUE(first.document.attributes.empty());
}

}  // namespace
}  // namespace candor::document
