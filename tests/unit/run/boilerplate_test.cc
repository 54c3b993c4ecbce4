// SPDX-License-Identifier: Apache-2.0
#include "run/boilerplate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/file.h"
#include "document/generate.h"
#include "recognise/recogniser.h"

namespace candor::run {
namespace {

/// A run folder with a scenario and an adapter, and documents that were planted.
class Boilerplates : public testing::Test {
 protected:
  static constexpr const char* kComment =
      "# Alice opens the quarterly memo, and the product is told to look.";

  Boilerplates()
      : folder_(std::filesystem::temp_directory_path(), "candor-test-"), paths_{.root = folder_.path()} {
    write_file(paths_.scenario_source(), std::string_view(std::string("about: a memo\n") + kComment + "\n"));
    write_file(paths_.product_source(),
               std::string_view("verbs: {scan: [{argv: [clamdscan, --fdpass, --multiscan]}]}\n"));
    manifest_.seed = 7;
  }

  void plant(const std::string& format, const std::string& marking) {
    specs_[format] = {.id = format, .format = format, .marking = marking, .folder = "/home/alex"};
    planted_ = document::generate(specs_, Seed(7));
    manifest_.documents.clear();
    for (const document::Planted& file : planted_) manifest_.documents.push_back(file.document);
  }

  [[nodiscard]] recognise::Recogniser recogniser(const Boilerplate& boilerplate) const {
    std::vector<recognise::PlantedContent> contents;
    for (const document::Planted& file : planted_)
      contents.push_back({file.document.id, file.content, as_bytes(file.text)});
    return {manifest_, contents, {}, boilerplate.views};
  }

  static std::size_t fragments(const recognise::Recogniser& recogniser, std::string_view surface) {
    const model::Recognition found = recogniser.search(as_bytes(surface));
    return static_cast<std::size_t>(
        std::count_if(found.hits.begin(), found.hits.end(),
                      [](const model::Hit& hit) { return hit.kind == model::HitKind::fragment; }));
  }

  TempDir folder_;
  FolderPaths paths_;
  model::Manifest manifest_;
  std::map<std::string, model::DocumentSpec> specs_;
  std::vector<document::Planted> planted_;
};

TEST_F(Boilerplates, AreTheScenarioAndTheAdapterAsWrittenAndNoFragments) {
  plant("txt", "none");
  // As if the document quoted the scenario.
  planted_[0].text += std::string(kComment) + " And then it was told of Narvik.\n";
  planted_[0].content = to_bytes(planted_[0].text);
  manifest_.documents[0].sha256 = sha256_hex(planted_[0].content);
  const recognise::Recogniser with = recogniser(boilerplate_of(paths_, manifest_));
  const recognise::Recogniser without = recogniser({});
  EXPECT_EQ(fragments(without, kComment), 1U);
  EXPECT_EQ(fragments(with, kComment), 0U);
  EXPECT_EQ(fragments(with, "look. And then it was told of Narvik.\n"), 1U);
}

TEST_F(Boilerplates, AreTheFormsOfDocumentsSoThatOthersOfTheSameFormatAreNoFragments) {
  const std::string_view foreign[] = {
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\nDear Sir",
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Weather</title>\n",
      "%PDF-1.5\n%\xb5\xed\xae\xfb\n4 0 obj\n<< /Length 5 0 R\n   /Filter /FlateDecode\n>>\nstream\n",
      "TOP SECRET//SI//NOFORN\n", "mimetypeapplication/vnd.oasis.opendocument.text"};
  for (const char* const format : {"eml", "html", "pdf", "odt", "txt", "rtf"}) plant(format, "us/top-secret");
  const recognise::Recogniser with = recogniser(boilerplate_of(paths_, manifest_));
  const recognise::Recogniser without = recogniser({});
  std::size_t otherwise = 0;
  for (const std::string_view surface : foreign) {
    EXPECT_EQ(fragments(with, surface), 0U) << surface;
    otherwise += fragments(without, surface);
  }
  EXPECT_GE(otherwise, 2U);
}

TEST_F(Boilerplates, LeaveNearlyAllOfWhatADocumentSays) {
  for (const std::string_view marking : document::markings()) plant("txt", std::string(marking));
  specs_.clear();
  for (const std::string_view format : document::formats())
    specs_[std::string(format)] = {.id = std::string(format),
                                   .format = std::string(format),
                                   .marking = "uk/secret",
                                   .folder = "/home/alex"};
  for (const std::string_view marking : document::markings()) {
    std::string id(marking);
    std::replace(id.begin(), id.end(), '/', '-');
    specs_["m-" + id] = {
        .id = "m-" + id, .format = "html", .marking = std::string(marking), .folder = "/home/alex"};
  }
  planted_ = document::generate(specs_, Seed(7));
  manifest_.documents.clear();
  for (const document::Planted& file : planted_) manifest_.documents.push_back(file.document);
  const recognise::Recogniser with = recogniser(boilerplate_of(paths_, manifest_));
  EXPECT_TRUE(with.search(as_bytes("nothing to see here")).not_looked_into.empty());
  for (const document::Planted& file : planted_) {
    const model::Recognition found = with.search(as_bytes(file.text));
    const auto coverage =
        std::find_if(found.coverage.begin(), found.coverage.end(),
                     [&](const model::Coverage& each) { return each.document == file.document.id; });
    ASSERT_NE(coverage, found.coverage.end()) << file.document.id;
    std::uint64_t covered = 0;
    for (const model::Coverage::Part& part : coverage->parts) covered += part.end - part.begin;
    EXPECT_GE(covered * 10, file.text.size() * 6) << file.document.id;
  }
}

}  // namespace
}  // namespace candor::run
