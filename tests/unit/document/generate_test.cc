// SPDX-License-Identifier: Apache-2.0
#include "document/generate.h"

#include <gmock/gmock.h>

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace candor::document {
namespace {

using testing::HasSubstr;

std::map<std::string, model::DocumentSpec> every_format(const std::string& marking) {
  std::map<std::string, model::DocumentSpec> specs;
  for (const std::string_view format : formats()) {
    model::DocumentSpec spec;
    spec.id = "doc-" + std::string(format);
    spec.format = std::string(format);
    spec.marking = marking;
    spec.folder = "/home/alex/Documents";
    spec.count = 2;
    specs[spec.id] = spec;
  }
  return specs;
}

Planted first_of(const std::string& format, const std::string& marking = "us/top-secret") {
  for (Planted& planted : generate(every_format(marking), Seed(5)))
    if (planted.document.format == format) return planted;
  throw Error("no document of format " + format);
}

/// What a Python script makes of a document's file.
std::string read_by_python(const Planted& planted, const std::string& script) {
  const TempDir dir("/tmp", "document-test-");
  write_file(dir.path() / planted.document.name, ByteView(planted.content));
  return must_run({.name = "python3",
                   .argv = {"/usr/bin/python3", "-c", script, (dir.path() / planted.document.name).string()}});
}

TEST(Documents, AreByteIdenticalForTheSameSeedAndOthersForAnother) {
  const auto once = generate(every_format("us/secret"), Seed(1));
  const auto again = generate(every_format("us/secret"), Seed(1));
  const auto other = generate(every_format("us/secret"), Seed(2));
  ASSERT_EQ(once.size(), 8U);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].content, again[i].content);
    EXPECT_NE(once[i].content, other[i].content);
    EXPECT_EQ(once[i].document.sha256, sha256_hex(once[i].content));
    EXPECT_EQ(once[i].document.size, once[i].content.size());
  }
}

TEST(Documents, BearCanariesThatNoOtherDocumentBears) {
  std::set<std::string> tokens;
  std::size_t count = 0;
  for (const Planted& planted : generate(every_format("nato/secret"), Seed(3)))
    for (const model::Canary& canary : planted.document.canaries) {
      ++count;
      tokens.insert(canary.token);
      EXPECT_EQ(canary.token.size(), 26U);
      EXPECT_EQ(canary.token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    }
  EXPECT_EQ(tokens.size(), count);
  EXPECT_GT(count, 16U);
}

TEST(Documents, HoldTheirNameCanaryInTheirName) {
  for (const Planted& planted : generate(every_format("none"), Seed(4)))
    for (const model::Canary& canary : planted.document.canaries)
      if (canary.place == model::CanaryPlace::name) {
        EXPECT_THAT(planted.document.name, HasSubstr(canary.token));
      }
}

TEST(Documents, DocxIsReadByPythonDocxWithMarkingAndBodyCanaries) {
  const Planted planted = first_of("docx");
  const std::string text = read_by_python(planted, R"(
import docx, sys
d = docx.Document(sys.argv[1])
print('\n'.join(p.text for p in d.paragraphs))
for s in d.sections: print('\n'.join(p.text for p in s.header.paragraphs))
c = d.core_properties
print(c.title, c.author, c.keywords, c.subject, c.comments, c.category)
)");
  EXPECT_THAT(text, HasSubstr("TOP SECRET"));
  for (const model::Canary& canary : planted.document.canaries)
    if (canary.place != model::CanaryPlace::name) {
      EXPECT_THAT(text, HasSubstr(canary.token));
    }
}

TEST(Documents, EmlIsReadByPythonsEmailPackageWithoutDefects) {
  const Planted planted = first_of("eml", "uk/secret");
  const std::string text = read_by_python(planted, R"(
import email, email.policy, sys
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
assert not m.defects, m.defects
for k, v in m.items(): print(k, v)
for part in m.walk():
    assert not part.defects, part.defects
    if part.get_content_maintype() == 'text': print(part.get_content())
)");
  EXPECT_THAT(text, HasSubstr("SECRET"));
  for (const model::Canary& canary : planted.document.canaries)
    if (canary.place == model::CanaryPlace::body) {
      EXPECT_THAT(text, HasSubstr(canary.token));
    }
}

TEST(Documents, AreWhatFileSaysTheyAre) {
  const std::map<std::string, std::string> expected = {
      {"docx", "Microsoft Word 2007+"}, {"html", "HTML document"}, {"txt", "text"}, {"eml", "text"}};
  for (const auto& [format, words] : expected) {
    const Planted planted = first_of(format);
    const std::string said = must_run({.name = "file", .argv = {"file", "-b", "-"}}, as_text(planted.content));
    EXPECT_THAT(said, HasSubstr(words)) << format;
  }
}

TEST(Documents, SayThatTheyAreFictionalAndBearTheirMarking) {
  const std::map<std::string, std::string> banners = {{"us/top-secret", "TOP SECRET//"},
                                                      {"uk/official-sensitive", "OFFICIAL-SENSITIVE"},
                                                      {"nato/cosmic-top-secret", "COSMIC TOP SECRET"}};
  for (const auto& [marking, banner] : banners) {
    const std::string text(as_text(first_of("txt", marking).content));
    EXPECT_THAT(text, HasSubstr(banner));
    EXPECT_THAT(text, HasSubstr("fictional"));
  }
  EXPECT_EQ(std::string(as_text(first_of("txt", "none").content)).find("SECRET"), std::string::npos);
}

TEST(Documents, RefuseUnknownFormatsMarkingsAndNamesThatArePaths) {
  for (const auto& change : std::vector<std::function<void(model::DocumentSpec&)>>{
           [](auto& spec) { spec.format = "wpd"; }, [](auto& spec) { spec.marking = "us/very-secret"; },
           [](auto& spec) { spec.name = "../escape"; }}) {
    model::DocumentSpec spec{.id = "x", .folder = "/tmp"};
    change(spec);
    EXPECT_THROW(static_cast<void>(generate({{"x", spec}}, Seed(1))), Error);
  }
}

TEST(ControlDocument, IsUnmarkedAndItsOwnForEachNumber) {
  const Planted first = control_document(Seed(1), 1);
  const Planted second = control_document(Seed(1), 2);
  EXPECT_TRUE(first.document.control());
  EXPECT_EQ(first.document.marking, "none");
  EXPECT_NE(first.document.id, second.document.id);
  EXPECT_NE(first.content, second.content);
}

}  // namespace
}  // namespace candor::document
