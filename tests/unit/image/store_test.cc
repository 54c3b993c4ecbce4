// SPDX-License-Identifier: Apache-2.0
#include "image/store.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "base/hash.h"
#include "folder.h"
#include "image/adapter.h"

namespace candor::image {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class ImageStore : public ShareFolder {
 protected:
  ImageStore() {
    recipe("small", "about: A test.\npackages: [curl]\nfiles: {/etc/x: {source: x}}\nmemory-mib: 256\n");
    write("small/x", "one");
    recipe("other", "about: A test.\npackages: [wget]\n");
  }

  /// A builder that writes what mmdebstrap would, with this version of its one package.
  void build_as(const BuildRequest& request) {
    ++built_;
    write_file(request.folder / "vmlinuz", "kernel");
    write_file(request.folder / "initrd", "initrd");
    write_file(request.folder / "disk.img", "disk of " + request.chain.back().name);
    write_file(request.folder / "packages", "zlib 1\ncurl " + version_ + "\n");
    write_file(request.log, "log\n");
    if (const auto during = during_) during();  // a copy: it may replace itself
  }
  [[nodiscard]] Store store() {
    return Store(folder(), share(), [this](const BuildRequest& request) { build_as(request); });
  }
  [[nodiscard]] fs::path folder() const { return share() / "data/images"; }
  [[nodiscard]] model::Recipe small() const { return load_recipe(share(), "small"); }
  Image build(bool refresh = false) { return store().build(small(), {}, refresh); }

  /// What lies in the store, locks aside.
  [[nodiscard]] std::vector<std::string> contents() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder())) {
      if (entry.path().extension() != ".lock") names.push_back(entry.path().filename());
    }
    return names;
  }

  int built_ = 0;
  std::string version_ = "7.88";
  std::function<void()> during_;
};

TEST_F(ImageStore, KeepsWhatWasBuiltWithHashesAndVersions) {
  EXPECT_FALSE(store().find(small()));
  const Image image = build();
  EXPECT_EQ(image.name, "small");
  EXPECT_THAT(image.packages, testing::ElementsAre("curl 7.88", "zlib 1"));
  EXPECT_EQ(image.disk_sha256, sha256_hex(as_bytes("disk of small")));
  EXPECT_EQ(image.memory_mib, 256);
  const std::optional<Image> found = store().find(small());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, image.id);
  EXPECT_EQ(found->packages, image.packages);
  EXPECT_EQ(found->disk_sha256, image.disk_sha256);
  EXPECT_EQ(read_text(found->kernel), "kernel");
  EXPECT_EQ(found->built_wall_ns, image.built_wall_ns);
}

TEST_F(ImageStore, BuildsAnImageOnlyOnce) {
  build();
  build();
  EXPECT_EQ(built_, 1);
}

TEST_F(ImageStore, ForgetsAnImageWhenAFileOfItsRecipeChanges) {
  const Image before = build();
  write("small/x", "two");
  EXPECT_FALSE(store().find(small()));
  EXPECT_NE(build().id, before.id);
  EXPECT_EQ(built_, 2);
}

TEST_F(ImageStore, KeepsAnImageWhenOnlyTheRecipesCommentsChange) {
  build();
  recipe("small",
         "# More words.\nabout: Another test.\npackages: [curl]\nfiles: {/etc/x: {source: x}}\nmemory-mib: "
         "256\n");
  EXPECT_TRUE(store().find(small()));
}

TEST_F(ImageStore, GivesNewPackageVersionsANewIdAndFindsTheNewest) {
  const Image before = build();
  version_ = "7.99";
  const Image after = build(true);
  EXPECT_NE(after.id, before.id);
  EXPECT_EQ(store().list().size(), 2U);
  EXPECT_EQ(store().find(small())->id, after.id);
  EXPECT_EQ(store().show("small").id, after.id);
}

TEST_F(ImageStore, ShowsByItsNameTheImageOfTheRecipeAsItStandsEvenIfAnotherIsNewer) {
  const Image first = build();
  write("small/x", "two");
  const Image second = build();
  EXPECT_EQ(store().show("small").id, second.id);
  write("small/x", "one");
  EXPECT_EQ(store().show("small").id, first.id);
  write("small/x", "three");
  EXPECT_EQ(store().show("small").id, second.id) << "not built: the newest";
  recipe("small", "packages: {}\n");
  EXPECT_EQ(store().show("small").id, second.id) << "not readable: the newest";
}

TEST_F(ImageStore, KeepsTheImageWhenARefreshGivesTheSameVersions) {
  const Image before = build();
  const Image after = build(true);
  EXPECT_EQ(built_, 2);
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.built_wall_ns, before.built_wall_ns);
  EXPECT_EQ(contents().size(), 1U);
}

TEST_F(ImageStore, LeavesNothingOfAFailedBuildAndSaysWhatWasBuilt) {
  during_ = [] { throw Error("no space left"); };
  try {
    build();
    FAIL() << "the build should have failed";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "building the image 'small': no space left");
  }
  EXPECT_TRUE(contents().empty());
  EXPECT_FALSE(store().find(small()));
}

TEST_F(ImageStore, ShowsNoImageWhileItIsBeingBuilt) {
  during_ = [&] {
    EXPECT_FALSE(store().find(small()));
    EXPECT_TRUE(store().list().empty());
  };
  build();
  EXPECT_EQ(store().list().size(), 1U);
}

TEST_F(ImageStore, SweepsWhatAKilledBuilderLeft) {
  const pid_t child = ::fork();
  if (child == 0) {
    during_ = [] { ::kill(::getpid(), SIGKILL); };
    build();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(contents().size(), 1U) << "the killed builder should have left its folder";
  EXPECT_THAT(contents().front(), StartsWith(".build-small-"));
  EXPECT_FALSE(store().find(small()));
  store().build(load_recipe(share(), "other"), {});  // whoever builds next sweeps
  ASSERT_EQ(contents().size(), 1U);
  EXPECT_THAT(contents().front(), StartsWith("other-"));
}

TEST_F(ImageStore, SparesTheFolderOfALivingBuilder) {
  during_ = [&] {
    during_ = nullptr;
    store().build(load_recipe(share(), "other"), {});
    EXPECT_EQ(contents().size(), 2U) << "one finished, one being built";
  };
  EXPECT_EQ(read_text(build().kernel), "kernel");
}

TEST_F(ImageStore, TurnsASecondBuilderAwayNamingTheFirst) {
  during_ = [&] {
    try {
      build();
      ADD_FAILURE() << "two built the same image";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("is being built or removed by somebody else (process " +
                                          std::to_string(::getpid()) + ", building the image 'small'"));
    }
  };
  build();
}

TEST_F(ImageStore, GivesAWaitingBuilderTheImageOfTheFirst) {
  std::optional<Image> second;
  std::promise<std::string> told;
  std::thread waiter;
  during_ = [&] {
    during_ = nullptr;
    waiter = std::thread([&] {
      Store mine = store();
      second = mine.build(
          small(), [&](std::string_view line) { told.set_value(std::string(line)); }, false,
          Store::Busy::wait);
    });
    std::future<std::string> line = told.get_future();
    ASSERT_EQ(line.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_THAT(line.get(), StartsWith("waiting for another builder (process "));
  };
  const Image first = build();
  waiter.join();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, first.id);
  EXPECT_EQ(built_, 1);
}

TEST_F(ImageStore, DoesNotCountAnImageWhoseFilesAreDamaged) {
  const Image image = build();
  fs::permissions(image.disk, fs::perms(0644));
  fs::resize_file(image.disk, 3);
  EXPECT_FALSE(store().find(small()));
  EXPECT_EQ(build().id, image.id);
  EXPECT_EQ(built_, 2);
  EXPECT_EQ(read_text(image.disk), "disk of small");
}

TEST_F(ImageStore, DoesNotCountAFolderWithoutAWholeRecord) {
  const Image image = build();
  fs::remove(image.folder / "image.json");
  write_file(image.folder / "image.json", "{\"name\": \"small\"");
  EXPECT_TRUE(store().list().empty());
}

TEST_F(ImageStore, RemovesByNameOrId) {
  const Image image = build();
  store().build(load_recipe(share(), "other"), {});
  EXPECT_EQ(store().remove(image.id.substr(0, 12)).front().id, image.id);
  EXPECT_FALSE(fs::exists(image.folder));
  EXPECT_EQ(store().remove("other").size(), 1U);
  EXPECT_TRUE(contents().empty());
}

TEST_F(ImageStore, SaysThatThereIsNothingToRemoveOrShow) {
  EXPECT_THAT(mistake_of([&] { return store().remove("small"); }), HasSubstr("there is no image 'small'"));
  EXPECT_THAT(mistake_of([&] { return store().show("\x1b[1m"); }), HasSubstr("there is no image '\\x1b[1m'"));
}

TEST_F(ImageStore, RefusesToRemoveAnImageThatIsBeingBuilt) {
  const Image image = build();
  during_ = [&] { EXPECT_THROW(store().remove("small"), Error); };
  build(true);
  EXPECT_TRUE(fs::exists(image.disk));
}

}  // namespace
}  // namespace candor::image
