// SPDX-License-Identifier: Apache-2.0
#include "kit/probe_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "kit/scaffold.h"

namespace candor::kit {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kTemplates = fs::path(CANDOR_SOURCE_DIR) / "probes/sdk/templates";

class ProbeFiles : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    fs::create_directories(folder_.path() / name);
    write_file(folder_.path() / name / kProbeFile, text);
    return folder_.path() / name;
  }
  template <typename Work>
  static std::string refusal(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::input) << error.what();
      return error.what();
    }
    return "taken";
  }
  TempDir folder_{"/tmp", "probe-files-"};
};

TEST_F(ProbeFiles, GiveCommandEventsAndSchemas) {
  const fs::path folder = write("door", R"(
about: Reports doors.
command: [./door, --fast]
events:
  door.opened/1:
    about: A door was opened.
    data:
      door: {type: string, maxLength: 40}
      count: {type: integer, minimum: 0}
    required: [door]
)");
  const model::ProbeKind probe = read_probe(folder);
  EXPECT_EQ(probe.name, "door");
  EXPECT_EQ(probe.folder, folder);
  EXPECT_EQ(probe.command, (std::vector<std::string>{"./door", "--fast"}));
  ASSERT_TRUE(probe.events.contains("door.opened/1"));
  EXPECT_EQ(probe.events.at("door.opened/1").schema,
            Json::parse(R"({"type":"object","required":["door"],"properties":{
                           "door":{"type":"string","maxLength":40},"count":{"type":"integer","minimum":0}}})"));
}

TEST_F(ProbeFiles, WithMistakesGiveAllOfThemWithTheirPlaces) {
  const fs::path folder = write("door", R"(about: Reports doors.
comand: [x]
command: []
events:
  door opened:
    about: x
  door.count/1:
    about: x
    data:
      n: {type: int}
)");
  const std::string said = refusal([&] { (void)read_probe(folder); });
  for (const char* part :
       {":2:1:", "comand", ":3:10:", "the list is empty", ":5:3:", ":10:10:", "expected one or more of null"})
    EXPECT_THAT(said, HasSubstr(part));
}

TEST_F(ProbeFiles, AreFoundInTheFirstPlaceThatHasThemAndTheNearestNameIsTold) {
  const std::string text = "about: x\ncommand: [x]\nevents: {}\n";
  write("a/door", text);
  write("b/door", text);
  write("b/gate", text);
  const std::vector<fs::path> places = {folder_.path() / "a", folder_.path() / "b", folder_.path() / "none"};
  EXPECT_EQ(find_probe(places, "door").folder, folder_.path() / "a/door");
  EXPECT_EQ(probe_folders(places),
            (std::vector<fs::path>{folder_.path() / "a/door", folder_.path() / "b/gate"}));
  const std::string said = refusal([&] { (void)find_probe(places, "gat"); });
  EXPECT_THAT(said, HasSubstr("did you mean 'gate'?"));
  EXPECT_THAT(said, HasSubstr((folder_.path() / "b").string()));
}

TEST_F(ProbeFiles, OfNamesThatNoProbeCanHaveAreRefused) {
  for (const char* name : {"wire", "internet", "runner", "Door", "1st", "with_underscore"})
    EXPECT_FALSE(is_probe_name(name)) << name;
  EXPECT_TRUE(is_probe_name("usb-stick2"));
  const fs::path folder = write("wire", "about: x\ncommand: [x]\nevents: {}\n");
  EXPECT_THAT(refusal([&] { (void)read_probe(folder); }), HasSubstr("is no name for a probe"));
}

TEST_F(ProbeFiles, OfEveryTemplateAreRightAndBearTheNewName) {
  for (const std::string& language : languages(kTemplates)) {
    fs::create_directories(folder_.path() / language);
    const auto files = make_probe(kTemplates, language, "my-door", folder_.path() / language);
    EXPECT_GE(files.size(), 3U);
    const model::ProbeKind probe = read_probe(folder_.path() / language / "my-door");
    EXPECT_TRUE(probe.events.contains("my-door.count/1"));
    for (const fs::path& file : files) EXPECT_EQ(read_text(file).find("@NAME@"), std::string::npos) << file;
  }
}

TEST_F(ProbeFiles, AreNotMadeOverAFolderOrForALanguageThatIsNotThere) {
  (void)make_probe(kTemplates, "python", "door", folder_.path());
  const auto make = [&](const char* language, const char* name) {
    return refusal([&] { (void)make_probe(kTemplates, language, name, folder_.path()); });
  };
  EXPECT_THAT(make("python", "door"), HasSubstr("is there already"));
  EXPECT_THAT(make("cobol", "gate"), HasSubstr("there are: c++, python"));
  EXPECT_THAT(make("python", "../gate"), HasSubstr("is no name for a probe"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace candor::kit
