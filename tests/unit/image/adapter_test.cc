// SPDX-License-Identifier: Apache-2.0
#include "image/adapter.h"

#include <gmock/gmock.h>

#include "folder.h"

namespace candor::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path kShare = CANDOR_SOURCE_DIR;

using Recipes = ShareFolder;
using Products = ShareFolder;

constexpr const char* kVerbs = R"(
verbs:
  ready: {run: [ping]}
  version: {run: [version]}
  trust: {run: [trust, "{file}"]}
  identify: {run: [name, "{user}", "{host}", "{machine}"]}
  control: {run: [send, "{file}", "{url}"]}
)";

TEST(ShippedImages, AllReadWithoutAMistake) {
  EXPECT_THAT(recipe_names(kShare), testing::Contains("clamav"));
  EXPECT_THAT(product_names(kShare), testing::IsSupersetOf({"clamav", "clamav-sender"}));
  for (const std::string& name : recipe_names(kShare)) EXPECT_NO_THROW(load_recipe(kShare, name)) << name;
  for (const std::string& name : product_names(kShare)) EXPECT_NO_THROW(load_product(kShare, name)) << name;
}

TEST(ShippedImages, TheSenderRunsOnTheUnmodifiedImage) {
  const model::Product sender = load_product(kShare, "clamav-sender");
  EXPECT_EQ(sender.image, "clamav");
  EXPECT_FALSE(sender.verbs.at("prepare").empty());
}

TEST(ShippedImages, TheSenderRefusesToSendOutsideTheHarness) {
  const model::Product sender = load_product(kShare, "clamav-sender");
  const auto submit =
      std::find_if(sender.files.begin(), sender.files.end(),
                   [](const model::RecipeFile& file) { return file.path.ends_with("/submit"); });
  ASSERT_NE(submit, sender.files.end());
  EXPECT_EQ(submit->mode, 0755);
  const std::string script = file_bytes(*submit);
  EXPECT_LT(script.find("/dev/virtio-ports/org.candor.marker.0"), script.find("curl --fail"));
}

TEST_F(Recipes, AreReadWhole) {
  recipe("small", R"(about: A test.
release: bookworm
packages: [curl, linux-image-amd64]
files:
  /etc/hostname: "guest\n"
  /etc/clamav/x.conf: {source: files/x.conf, mode: "0640", owner: "root:clamav"}
commands: [useradd alex]
disk-mib: 512
memory-mib: 256
cpus: 2
)");
  write("small/files/x.conf", "X\n");
  const model::Recipe small = load_recipe(share(), "small");
  EXPECT_THAT(small.packages, ElementsAre("curl", "linux-image-amd64"));
  EXPECT_THAT(small.commands, ElementsAre("useradd alex"));
  ASSERT_EQ(small.files.size(), 2U);
  EXPECT_EQ(file_bytes(small.files[0]), "guest\n");
  EXPECT_EQ(small.files[0].mode, 0644);
  EXPECT_EQ(file_bytes(small.files[1]), "X\n");
  EXPECT_EQ(small.files[1].mode, 0640);
  EXPECT_EQ(small.files[1].owner, "root:clamav");
  EXPECT_EQ(small.disk_mib, 512);
  EXPECT_EQ(small.memory_mib, 256);
  EXPECT_EQ(small.cpus, 2);
}

TEST_F(Recipes, NameEveryMistakeWithItsPlace) {
  recipe("bad", R"(release: Bookworm 12
packages: [Curl]
files:
  etc/hostname: x
  /etc/../shadow: x
  /etc/a: {source: missing.conf}
  /etc/b: {source: ../../outside}
  /etc/c: {mode: "0999", content: x}
  /etc/d: {owner: root, content: x}
  /etc/e: {source: recipe.yaml, content: x}
disk-mib: 0
memory-mb: 5
)");
  const std::string mistakes = mistake_of([&] { return load_recipe(share(), "bad"); });
  for (const char* expected :
       {"the key 'about' is missing", "recipe.yaml:1:10: error: 'Bookworm 12'",
        "recipe.yaml:2:12: error: 'Curl'", "recipe.yaml:4:3: error: 'etc/hostname' is no path",
        "recipe.yaml:5:3: error: '/etc/../shadow' is no path",
        "recipe.yaml:6:20: error: there is no file 'missing.conf'",
        "recipe.yaml:7:20: error: '../../outside'", "recipe.yaml:8:18: error: '0999'",
        "recipe.yaml:9:19: error: 'root'",
        "recipe.yaml:10:11: error: a file needs either a source or a content",
        "recipe.yaml:11:11: error: '0'", "did you mean 'memory-mib'?"}) {
    EXPECT_THAT(mistakes, HasSubstr(expected));
  }
}

TEST_F(Recipes, MustNotReachOutOfTheirFolderThroughALink) {
  recipe("linked", "about: A test.\nfiles:\n  /etc/x: {source: link}\n");
  std::filesystem::create_symlink("/etc/passwd", share() / "images/linked/link");
  EXPECT_THAT(mistake_of([&] { return load_recipe(share(), "linked"); }),
              HasSubstr("the relative path of a file in this file's folder"));
}

TEST_F(Recipes, MustNotBeBuiltUponEachOtherInACircle) {
  recipe("one", "about: A test.\nfrom: two\n");
  recipe("two", "about: A test.\nfrom: one\n");
  EXPECT_THAT(mistake_of([&] { return load_recipe(share(), "one"); }), HasSubstr("one → two → one"));
}

TEST_F(Recipes, StandUponTheirBaseFirst) {
  recipe("base", "about: A test.\n");
  recipe("top", "about: A test.\nfrom: base\n");
  const std::vector<model::Recipe> chain = recipe_chain(share(), load_recipe(share(), "top"));
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(chain[0].name, "base");
  EXPECT_EQ(chain[1].name, "top");
}

TEST_F(Recipes, AreOfTheReleaseThatTheLastToNameOneNames) {
  recipe("base", "about: A test.\nrelease: bullseye\n");
  recipe("middle", "about: A test.\nfrom: base\n");
  recipe("top", "about: A test.\nfrom: middle\nrelease: trixie\n");
  recipe("none", "about: A test.\n");
  const auto release = [&](const std::string& name) {
    return release_of(recipe_chain(share(), load_recipe(share(), name)));
  };
  EXPECT_EQ(release("middle"), "bullseye");
  EXPECT_EQ(release("top"), "trixie");
  EXPECT_EQ(release("none"), "bookworm");
}

TEST_F(Recipes, MustNotStandUponAnUnknownOne) {
  recipe("base", "about: A test.\n");
  recipe("top", "about: A test.\nfrom: bas\n");
  const std::string mistakes = mistake_of([&] { return load_recipe(share(), "top"); });
  EXPECT_THAT(mistakes, HasSubstr("recipe.yaml:2:7: error: there is no recipe 'bas'; did you mean 'base'?"));
}

TEST_F(Products, AreReadWhole) {
  recipe("debian", "about: A test.\n");
  product("watcher", std::string(R"(about: A test.
image: debian
files: {/etc/w.conf: "on\n"}
processes: [/usr/sbin/watcherd]
declared: [derived/hash, operational]
ready-timeout: 30s
)") + kVerbs + R"(  scan:
    - {run: [scan, "--in={path}"], ok: [0, 1], timeout: 5min}
    - {run: [report]}
)");
  const model::Product watcher = load_product(share(), "watcher");
  EXPECT_EQ(watcher.image, "debian");
  EXPECT_EQ(watcher.ready_timeout_ns, 30'000'000'000);
  EXPECT_THAT(watcher.declared, ElementsAre("derived/hash", "operational"));
  const auto& scan = watcher.verbs.at("scan");
  ASSERT_EQ(scan.size(), 2U);
  EXPECT_THAT(scan[0].argv, ElementsAre("scan", "--in={path}"));
  EXPECT_THAT(scan[0].ok_codes, ElementsAre(0, 1));
  EXPECT_EQ(scan[0].timeout_ns, 300'000'000'000);
  EXPECT_THAT(scan[1].ok_codes, ElementsAre(0));
  EXPECT_FALSE(watcher.verbs.contains("update")) << "a verb without commands is one the product cannot do";
}

TEST_F(Products, HaveWhatTheOneTheyAreBuiltUponHasButForTheirOwn) {
  recipe("debian", "about: A test.\n");
  recipe("generic", "about: A test.\n");
  product("watcher", std::string(R"(about: A test.
image: debian
files: {/etc/w.conf: "on\n", /etc/x.conf: "x\n"}
processes: [/usr/sbin/watcherd]
declared: [derived/hash]
ready-timeout: 30s
)") + kVerbs + R"(  scan: {run: [scan, "{path}"]}
  prepare: {run: [one]}
)");
  product("sender", R"(about: Another.
from: watcher
files: {/etc/w.conf: "off\n"}
processes: [/usr/bin/curl]
verbs:
  prepare: {run: [two]}
  scan: {run: [other, "{path}"]}
)");
  product("generic", "about: A third.\nfrom: sender\n");
  const model::Product sender = load_product(share(), "sender");
  EXPECT_EQ(sender.image, "debian");
  EXPECT_EQ(sender.about, "Another.");
  EXPECT_EQ(sender.ready_timeout_ns, 30'000'000'000);
  EXPECT_THAT(sender.declared, ElementsAre("derived/hash"));
  EXPECT_THAT(sender.processes, ElementsAre("/usr/sbin/watcherd", "/usr/bin/curl"));
  ASSERT_EQ(sender.files.size(), 2U);
  EXPECT_EQ(sender.files[0].path, "/etc/x.conf");
  EXPECT_EQ(sender.files[1].content, "off\n");
  EXPECT_THAT(sender.verbs.at("scan").at(0).argv, ElementsAre("other", "{path}"));
  ASSERT_EQ(sender.verbs.at("prepare").size(), 2U);
  EXPECT_THAT(sender.verbs.at("prepare")[0].argv, ElementsAre("one"));
  EXPECT_TRUE(sender.verbs.contains("trust"));
  EXPECT_THAT(adapter_text(sender), HasSubstr("about: A test."));
  EXPECT_EQ(load_product(share(), "generic").image, "generic") << "the recipe of its own name";
}

TEST_F(Products, MustNotBeBuiltUponEachOtherInACircleNorUponNothing) {
  recipe("debian", "about: A test.\n");
  product("one", "about: A test.\nfrom: two\n");
  product("two", "about: A test.\nfrom: one\n");
  EXPECT_THAT(mistake_of([&] { return load_product(share(), "one"); }), HasSubstr("one → two → one"));
  product("three", "about: A test.\nfrom: tow\n");
  EXPECT_THAT(mistake_of([&] { return load_product(share(), "three"); }),
              HasSubstr("product.yaml:2:7: error: there is no product 'tow'; did you mean 'two'?"));
}

TEST_F(Products, NameEveryMistakeWithItsPlace) {
  recipe("debian", "about: A test.\n");
  product("bad", R"(about: A test.
image: debiann
processes: [watcherd]
declared: [secrets]
verbs:
  ready: {run: ping}
  version: {run: [version], ok: [300], timeout: 0s}
  trust: {run: [trust]}
  scan: {run: [scan, "{file}", "${path}"]}
  archive: {run: [zip, "{file}", "all={paths}"]}
  scann: {run: [scan]}
  open: []
)");
  const std::string mistakes = mistake_of([&] { return load_product(share(), "bad"); });
  for (const char* expected :
       {"product.yaml:2:8: error: there is no recipe 'debiann'; did you mean 'debian'?",
        "product.yaml:3:13: error: 'watcherd'", "product.yaml:4:12: error: 'secrets'",
        "product.yaml:6:16: error: 'run' must be a list", "product.yaml:7:34: error: '300'",
        "product.yaml:7:49: error: '0s'", "product.yaml:8:3: error: no command of 'trust' refers to {file}",
        "product.yaml:9:22: error: 'scan' has no {file}",
        "product.yaml:9:3: error: no command of 'scan' refers to {path}",
        "product.yaml:10:34: error: {paths} must be an argument of its own", "did you mean 'scan'?",
        "the key 'control' is missing", "product.yaml:12:9: error: 'open' has no command"}) {
    EXPECT_THAT(mistakes, HasSubstr(expected));
  }
}

TEST_F(Products, SuggestTheNearestNameForAnUnknownOne) {
  recipe("clamav", "about: A test.\n");
  product("clamav", "about: A test.\n" + std::string(kVerbs));
  EXPECT_THAT(mistake_of([&] { return load_product(share(), "clamvav"); }),
              HasSubstr("there is no product 'clamvav'; did you mean 'clamav'? Known: clamav"));
  EXPECT_THAT(mistake_of([&] { return load_product(share(), "../../etc"); }),
              HasSubstr("there is no product"));
}

TEST(FillIn, ReplacesPlaceholdersOnceAndLeavesTheShellsAlone) {
  const Values values = {{"path", {"/home/{file}"}}, {"file", {"/tmp/x"}}};
  EXPECT_THAT(fill_in({"scan", "--in={path}", "${path}", "{}", "{ path }"}, values),
              ElementsAre("scan", "--in=/home/{file}", "${path}", "{}", "{ path }"));
}

TEST(FillIn, MakesOneArgumentOfEachOfSeveralValues) {
  const Values values = {{"paths", {"/a b", "/c"}}, {"file", {"/tmp/x"}}};
  EXPECT_THAT(fill_in({"zip", "{file}", "{paths}"}, values), ElementsAre("zip", "/tmp/x", "/a b", "/c"));
  EXPECT_THROW(static_cast<void>(fill_in({"all={paths}"}, values)), Error);
}

TEST(FillIn, RefusesAPlaceholderWithoutAValue) {
  EXPECT_THROW(static_cast<void>(fill_in({"send", "{url}"}, {})), Error);
}

}  // namespace
}  // namespace candor::image
