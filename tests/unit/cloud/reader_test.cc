// SPDX-License-Identifier: Apache-2.0
#include "cloud/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace candor::cloud {
namespace {

using testing::HasSubstr;

std::string mistakes(const std::string& text) {
  try {
    static_cast<void>(read_cloud_text(text, "cloud.yaml", "/nowhere"));
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    return error.what();
  }
  return "";
}

TEST(CloudReader, TellsAllMistakesAtOnceEachAtItsPlace) {
  const std::string told = mistakes(R"(about: x
state: {version: "1"}
sets: {known: []}
routes:
  - name: Lookup
    metod: GET
    path: /{version}/x
    answer: {status: 99, body: "{hash}"}
  - name: second
    when: {in: {konwn: "x"}, after: {third: 1}}
    answer: {body: a, json: {}}
  - name: second
dns:
  - {name: txt, query: a.example, type: txt, code: NODOMAIN}
)");
  EXPECT_THAT(told, HasSubstr("cloud.yaml:5:11: error: 'Lookup' does not fit here\n    5 |   - name: Lookup\n"
                              "      |           ^~~~~~ expected a name such as known-sample\n"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:6:5: error: unknown key 'metod'"));
  EXPECT_THAT(told, HasSubstr("did you mean 'method'?"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:7:11: error: 'version' has a value already"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:8:22: error:"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:8:32: error: there is no value 'hash'"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:10:24: error: there is no set 'konwn'"));
  EXPECT_THAT(told, HasSubstr("did you mean 'known'?"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:10:45: error: there is no rule 'third'"));
  EXPECT_THAT(told, HasSubstr("error: the answer has two bodies"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:12:5: error: there is another rule 'second'"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:12:5: error: the key 'answer' is missing in a route"));
  EXPECT_THAT(told, HasSubstr("cloud.yaml:14:41: error: 'txt' does not fit here"));
  EXPECT_THAT(told, HasSubstr("did you mean 'NXDOMAIN'?"));
}

TEST(CloudReader, TakesFilesFromItsFolderOnly) {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-cloud-test-");
  write_file(folder.path() / "page.html", "<p>");
  const std::string begin = "about: x\nroutes:\n  - {name: a, answer: {file: ";
  const Rules rules = read_cloud_text(begin + "page.html}}", "cloud.yaml", folder.path());
  EXPECT_EQ(rules.routes.at(0).answer.file, "<p>");
  for (const char* wrong : {"../x", "/etc/passwd", "none.html"}) {
    EXPECT_THROW(static_cast<void>(read_cloud_text(begin + wrong + "}}", "cloud.yaml", folder.path())), Error)
        << wrong;
  }
}

TEST(CloudReader, ReadsSeveralFilesAsOneCloud) {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-cloud-test-");
  write_file(folder.path() / "a.yaml", "about: x\nstate: {version: '1'}\n");
  write_file(folder.path() / "b.yaml",
             "about: y\nroutes:\n  - {name: one, when: {state: {version: '1'}}, answer: {}}\n");
  EXPECT_EQ(read_cloud(folder.path()).routes.size(), 1U);
  write_file(folder.path() / "c.yaml", "about: z\nroutes:\n  - {name: one, answer: {}}\n");
  try {
    static_cast<void>(read_cloud(folder.path()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("c.yaml:3:5: error: there is another rule 'one'"));
  }
}

TEST(CloudReader, KeepsTheTypesOfJsonAnswers) {
  const Rules rules = read_cloud_text(
      "about: x\nroutes:\n  - {name: a, answer: {json: {n: 1, f: 1.5, t: true, z: null, s: '1', l: [a]}}}\n",
      "c.yaml", "/nowhere");
  EXPECT_EQ(rules.routes[0].answer.json->dump(), R"({"f":1.5,"l":["a"],"n":1,"s":"1","t":true,"z":null})");
}

TEST(CloudReader, HasASchemaThatNamesEveryKey) {
  const Json said = schema();
  EXPECT_TRUE(said["properties"]["routes"]["items"]["properties"].contains("when"));
  EXPECT_TRUE(said["properties"]["dns"]["items"]["properties"].contains("query"));
  EXPECT_EQ(said["additionalProperties"], false);
}

}  // namespace
}  // namespace candor::cloud
