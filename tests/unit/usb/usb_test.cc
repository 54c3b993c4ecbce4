// SPDX-License-Identifier: Apache-2.0
//
// Real sticks: made by mkfs.fat, written and deleted on by mtools.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "usb/stick_files.h"

namespace candor::usb {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class Stick : public testing::Test {
 protected:
  void SetUp() override {
    must_run({.name = "mkfs.fat",
              .argv = {"/usr/sbin/mkfs.fat", "--invariant", "-F", "16", "-n", "STICK", "-C", image.string(),
                       "32768"}});
    fs::copy_file(image, before);
  }
  void put(const std::string& path, const std::string& content) {
    write_file(folder.path() / "put", content);
    must_run({.name = "mcopy",
              .argv = {"mcopy", "-i", image.string(), (folder.path() / "put").string(), "::" + path}});
  }
  void run(std::vector<std::string> argv) {
    argv.insert(argv.begin() + 1, {"-i", image.string()});
    must_run({.name = argv.front(), .argv = argv});
  }
  void write_at(std::uint64_t offset, const std::string& bytes) {
    std::fstream file(image, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
  }
  static std::string content(StickFiles& stick, const StickFile& file, std::uint64_t limit = 1U << 20) {
    std::string bytes;
    stick.read(file, limit, [&](ByteView piece, bool /*last*/) { bytes += as_text(piece); });
    return bytes;
  }
  /// All but the label, which The Sleuth Kit shows as an empty file.
  static std::vector<StickFile> files_of(StickFiles& stick) {
    std::vector<StickFile> files = stick.files();
    std::erase_if(files,
                  [](const StickFile& file) { return file.path == "/STICK       (Volume Label Entry)"; });
    return files;
  }
  static std::string free_space(StickFiles& stick, std::uint64_t limit = 1U << 20) {
    std::string bytes;
    static_cast<void>(
        stick.read_free_space(limit, [&](ByteView piece, bool /*last*/) { bytes += as_text(piece); }));
    return bytes;
  }

  TempDir folder{fs::temp_directory_path(), "candor-usb-test."};
  fs::path image = folder.path() / "stick.img";
  fs::path before = folder.path() / "stick.new.img";
};

TEST_F(Stick, ThatNobodyWroteToHasNothing) {
  StickFiles stick(image, before);
  EXPECT_THAT(files_of(stick), IsEmpty());
  EXPECT_EQ(stick.changed_bytes(), 0U);
  EXPECT_EQ(free_space(stick), "");
  EXPECT_EQ(stick.broken(), 0U);
}

TEST_F(Stick, GivesFilesInFoldersByTheirLongNames) {
  const std::string text = std::string(70'000, 'a') + "end";
  run({"mmd", "::/System Volume Information"});
  put("/System Volume Information/отчёт for the year.txt", text);
  StickFiles stick(image, before);
  const auto files = files_of(stick);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].path, "/System Volume Information/отчёт for the year.txt");
  EXPECT_EQ(files[0].size, text.size());
  EXPECT_FALSE(files[0].deleted);
  EXPECT_EQ(content(stick, files[0]), text);
  EXPECT_EQ(content(stick, files[0], 10), "aaaaaaaaaa");
  EXPECT_EQ(free_space(stick), "");
}

TEST_F(Stick, StillGivesWhatWasDeleted) {
  put("/gone.txt", std::string(5'000, 'x') + "secret");
  run({"mdel", "::/gone.txt"});
  StickFiles stick(image, before);
  const auto files = files_of(stick);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_TRUE(files[0].deleted);
  EXPECT_THAT(content(stick, files[0]), HasSubstr("xsecret"));
  EXPECT_THAT(free_space(stick), HasSubstr("xsecret"));
}

TEST_F(Stick, GivesWhatWasWrittenWhereNoFileIs) {
  put("/a.txt", "a file");
  write_at(20U << 20, std::string(512, 's') + "hidden behind the file system's back");
  StickFiles stick(image, before);
  const std::string free = free_space(stick);
  EXPECT_THAT(free, HasSubstr("hidden behind"));
  EXPECT_EQ(free.size(), 1024U);
  EXPECT_EQ(free_space(stick, 512), std::string(512, 's'));
}

TEST_F(Stick, TellsTheNamesOfFoldersAndEmptyFiles) {
  run({"mmd", "::/a telling name"});
  put("/empty but named.txt", "");
  StickFiles stick(image, before);
  static_cast<void>(stick.files());
  EXPECT_THAT(stick.names(), HasSubstr("/a telling name\n"));
  EXPECT_THAT(stick.names(), HasSubstr("/empty but named.txt\n"));
}

TEST_F(Stick, GivesWhatWasWrittenBeforeTheFileSystem) {
  write_at(37, "\x01");
  EXPECT_EQ(StickFiles(image, before).read_free_space(1U << 20, [](ByteView, bool) {}), 0U)
      << "it was mounted";
  write_at(300, "behind the code that boots nothing");
  StickFiles stick(image, before);
  EXPECT_THAT(free_space(stick), HasSubstr("boots nothing"));
}

TEST_F(Stick, WhoseFileSystemIsDestroyedGivesAllThatChanged) {
  put("/a.txt", "a file that nobody can find any more");
  write_at(0, std::string(64 * 1024, '\xff'));
  StickFiles stick(image, before);
  EXPECT_THAT(files_of(stick), IsEmpty());
  EXPECT_THAT(free_space(stick), HasSubstr("a file that nobody"));
}

TEST_F(Stick, OfAnotherSizeThanItWasIsRefused) {
  fs::resize_file(image, 16U << 20);
  try {
    StickFiles stick(image, before);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("not of one size"));
  }
}

TEST_F(Stick, OfRubbishEndsInTime) {
  run({"mmd", "::/folder"});
  for (int i = 0; i < 20; ++i) put("/folder/file-" + std::to_string(i) + ".txt", std::string(3'000, 'y'));
  const std::string whole = read_text(image, 64U << 20);
  std::uint32_t state = 20171023;
  for (int round = 0; round < 60; ++round) {
    // Bytes of the boot sector, the tables and the folders, which are all in the first 200 KiB.
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525 + 1013904223;
      write_at((state >> 8) % (200U << 10), std::string(1, static_cast<char>(state >> 3)));
    }
    StickFiles stick(image, before);
    for (const StickFile& file : stick.files()) {
      try {
        EXPECT_LE(content(stick, file, 1U << 20).size(), 1U << 20);
      } catch (const Error&) {
        continue;  // that is what a broken file system is for
      }
    }
    EXPECT_LE(free_space(stick, 4096).size(), 4096U);
    write_at(0, whole.substr(0, 300U << 10));
  }
}

}  // namespace
}  // namespace candor::usb
