// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "base/error.h"

namespace candor {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(WriteFile, ReplacesAtOnceAndKeepsTheOldContentWhenItCannot) {
  const TempDir dir("/tmp", "file-test-");
  const fs::path path = dir.path() / "a";
  write_file(path, std::string_view("old"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 1024, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(write_file(path, std::string(4096, 'x')), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 1) << "a half-written file was left";
}

TEST(ReadFile, NamesTheFileAndTheLimit) {
  const TempDir dir("/tmp", "file-test-");
  write_file(dir.path() / "big", std::string(100, 'x'));
  try {
    static_cast<void>(read_file(dir.path() / "big", 99));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("has 100 bytes; at most 99"));
  }
  EXPECT_THROW(static_cast<void>(read_file(dir.path() / "missing")), Error);
  EXPECT_THROW(static_cast<void>(read_file(dir.path())), Error);
}

TEST(Tail, BeginsWithAWholeLine) {
  const TempDir dir("/tmp", "file-test-");
  write_file(dir.path() / "log", std::string_view("first line\nsecond line\nthird\n"));
  EXPECT_EQ(tail(dir.path() / "log", 17), "third\n");
  EXPECT_EQ(tail(dir.path() / "log", 1000), "first line\nsecond line\nthird\n");
  EXPECT_EQ(tail(dir.path() / "missing"), "");
}

TEST(TempDir, GoesWithItsOwnerUnlessKept) {
  fs::path gone;
  fs::path kept;
  {
    const TempDir dir("/tmp", "file-test-");
    gone = dir.path();
    write_file(gone / "x", std::string_view("x"));
    TempDir other("/tmp", "file-test-");
    kept = other.keep();
  }
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_TRUE(fs::exists(kept));
  fs::remove(kept);
}

TEST(FileLock, IsHeldByOneAndNamesItsHolder) {
  const TempDir dir("/tmp", "file-test-");
  const fs::path path = dir.path() / "lock";
  {
    auto lock = FileLock::try_acquire(path);
    ASSERT_TRUE(lock);
    lock->describe("pid 17, building");
    EXPECT_FALSE(FileLock::try_acquire(path));
    EXPECT_EQ(FileLock::holder(path), "pid 17, building");
  }
  EXPECT_TRUE(FileLock::try_acquire(path));
}

TEST(MappedFile, ShowsTheBytesAlsoOfAnEmptyFile) {
  const TempDir dir("/tmp", "file-test-");
  write_file(dir.path() / "a", std::string_view("abc"));
  write_file(dir.path() / "empty", std::string_view(""));
  EXPECT_EQ(as_text(MappedFile(dir.path() / "a").bytes()).substr(0, 3).size(), 3U);
  EXPECT_TRUE(MappedFile(dir.path() / "empty").bytes().empty());
}

}  // namespace
}  // namespace candor
