// SPDX-License-Identifier: Apache-2.0
//
// Real images of real file systems: made by mke2fs and debugfs, put into layers by qemu-img.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "disk/disk_layers.h"
#include "disk/ext_files.h"

namespace candor::disk {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string mistake(const std::string& json, int images = 3) {
  try {
    static_cast<void>(extents_from(json, images));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was wrong";
}

std::string part(const std::string& rest) { return R"([{"start":0,"length":65536,)" + rest + "}]"; }

TEST(DiskMap, IsReadInItsOrder) {
  const auto extents = extents_from(
      R"([{"start":0,"length":65536,"depth":0,"zero":false,"data":true,"offset":327680},
          {"start":65536,"length":4096,"depth":2,"zero":true,"data":false},
          {"start":131072,"length":4096,"depth":1,"zero":false,"data":true,"offset":0}])",
      3);
  ASSERT_EQ(extents.size(), 3U);
  EXPECT_EQ(extents[0].offset, 327680U);
  EXPECT_TRUE(extents[1].zero);
  EXPECT_EQ(extents[2].depth, 1);
}

TEST(DiskMap, ThatCannotBeIsRefusedWithWhatIsWrong) {
  EXPECT_THAT(mistake("{}"), HasSubstr("no list"));
  EXPECT_THAT(mistake(part(R"("depth":3,"zero":false,"data":true,"offset":0)")), HasSubstr("image 3 of 3"));
  EXPECT_THAT(mistake(part(R"("depth":0,"zero":false,"data":true)")), HasSubstr("cannot be read in place"));
  EXPECT_THAT(mistake(part(R"("depth":0,"zero":false,"data":true,"offset":-1)")), HasSubstr("below 0"));
  EXPECT_THAT(mistake(R"([{"start":4096,"length":4096,"depth":0,"zero":true,"data":false},
                          {"start":0,"length":4096,"depth":0,"zero":true,"data":false}])"),
              HasSubstr("not in order"));
  EXPECT_THAT(mistake(R"([{"start":0,"length":0,"depth":0,"zero":true,"data":false}])"),
              HasSubstr("not in order"));
}

constexpr std::size_t kCluster = 65536;

/// A file system of some files, and two layers in which it was changed.
struct Disk : testing::Test {
  Disk() {
    fs::create_directories(source / "home/alex");
    fs::create_directories(source / "var/spool");
    write_file(source / "home/alex/memo.txt", memo);
    write_file(source / "home/alex/other.txt", std::string_view("untouched\n"));
    write_file(source / "var/spool/old", std::string(200'000, 'o'));
    make(raw, "");
  }
  void run(const std::vector<std::string>& argv) { must_run({.name = argv.front(), .argv = argv}); }
  void make(const fs::path& file, const std::string& features) {
    std::vector<std::string> argv = {
        "mke2fs",        "-q",          "-F", "-t", "ext4", "-O", "^has_journal" + features, "-d",
        source.string(), file.string(), "16M"};
    run(argv);
  }
  /// A layer on `below` in which debugfs did `commands`.
  fs::path layer(const std::string& name, const fs::path& below, const char* format,
                 const std::vector<std::string>& commands) {
    const fs::path flat = folder.path() / (name + ".raw");
    const fs::path made = folder.path() / (name + ".qcow2");
    run({"qemu-img", "convert", "-O", "raw", below.string(), flat.string()});
    for (const std::string& command : commands) run({"debugfs", "-w", "-R", command, flat.string()});
    run({"qemu-img", "create", "-q", "-f", "qcow2", "-b", below.string(), "-F", format, made.string()});
    run({"qemu-img", "convert", "-O", "raw", below.string(), (folder.path() / "before.raw").string()});
    const std::string before = read_text(folder.path() / "before.raw", 64U << 20);
    const std::string after = read_text(flat, 64U << 20);
    std::vector<std::string> argv = {"qemu-io", "-f", "qcow2"};
    for (std::size_t at = 0; at < after.size(); at += kCluster) {
      if (before.compare(at, kCluster, after, at, kCluster) == 0) continue;
      const std::string cluster = (folder.path() / ("cluster-" + std::to_string(at))).string();
      write_file(cluster, after.substr(at, kCluster));
      argv.insert(argv.end(), {"-c", "write -s " + cluster + " " + std::to_string(at) + " 64k"});
    }
    argv.push_back(made.string());
    if (argv.size() > 4) run(argv);
    return made;
  }
  [[nodiscard]] static std::vector<std::string> written(const DiskLayers& layers) {
    ExtFiles files(layers);
    std::vector<std::string> paths;
    files.visit([&](const FileOnDisk& file) {
      if (file.written) paths.push_back(file.path);
    });
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  [[nodiscard]] static std::string content(ExtFiles& files, const std::string& path,
                                           std::uint64_t limit = 1U << 30) {
    std::string text;
    int ends = 0;
    files.visit([&](const FileOnDisk& file) {
      if (file.path != path) return;
      files.read(file, limit, [&](ByteView bytes, bool last) {
        text += as_text(bytes);
        ends += last ? 1 : 0;
      });
    });
    EXPECT_EQ(ends, 1) << path;
    return text;
  }

  TempDir folder{"/tmp", "disk-test-"};
  fs::path source = folder.path() / "source";
  fs::path raw = folder.path() / "disk.img";
  std::string memo = "QUILLFERN memo\n" + std::string(300'000, 'm');
};

TEST_F(Disk, TellsWhatWasWrittenInTheNewestLayerAlone) {
  write_file(folder.path() / "spooled", "copy: " + memo);
  const std::string copy = (folder.path() / "spooled").string();
  const fs::path frozen = layer("frozen", raw, "raw", {"write " + copy + " var/spool/before"});
  const fs::path newest = layer("newest", frozen, "qcow2",
                                {"write " + copy + " var/spool/out", "ln var/spool/out var/spool/linked"});
  const DiskLayers layers({newest, frozen, raw});
  EXPECT_EQ(layers.size(), 16U << 20);
  EXPECT_GE(layers.written_bytes(), memo.size());
  EXPECT_LE(layers.written_bytes(), 2U << 20);
  EXPECT_THAT(written(layers), ElementsAre("/var/spool/linked", "/var/spool/out")) << "by each name";
  EXPECT_THAT(written(DiskLayers({frozen, raw})), ElementsAre("/var/spool/before"));
  EXPECT_THAT(written(DiskLayers({raw})).size(), 4U - 1U) << "all of a disk without layers";

  ExtFiles files(layers);
  EXPECT_EQ(content(files, "/var/spool/out"), "copy: " + memo);
  EXPECT_EQ(content(files, "/home/alex/memo.txt"), memo);
  EXPECT_EQ(content(files, "/home/alex/memo.txt", 9), "QUILLFERN");
  EXPECT_EQ(files.broken(), 0U);
  EXPECT_TRUE(files.has("/var/spool/out"));
  const DiskLayers below({frozen, raw});
  ExtFiles before(below);
  EXPECT_TRUE(before.has("/var/spool/before"));
  EXPECT_FALSE(before.has("/var/spool/out"));
}

TEST_F(Disk, SeesNoChangeWhereThereIsNone) {
  const fs::path newest = layer("newest", raw, "raw", {});
  EXPECT_THAT(written(DiskLayers({newest, raw})), IsEmpty());
}

TEST_F(Disk, ReadsZerosBehindItsEnd) {
  const DiskLayers layers({raw});
  Bytes bytes(4096, 7);
  layers.read(layers.size() - 100, bytes);
  EXPECT_EQ(std::count(bytes.begin() + 100, bytes.end(), 0), 3996);
}

TEST_F(Disk, ThatWasNotAtRestIsRefused) {
  const fs::path journaled = folder.path() / "journaled.img";
  run({"mke2fs", "-q", "-F", "-t", "ext4", "-d", source.string(), journaled.string(), "32M"});
  const DiskLayers clean({journaled});
  EXPECT_NO_THROW(ExtFiles{clean});
  run({"debugfs", "-w", "-R", "feature needs_recovery", journaled.string()});
  const DiskLayers dirty({journaled});
  EXPECT_THROW(ExtFiles{dirty}, Error);
  EXPECT_NO_THROW((ExtFiles{dirty, AtRest::perhaps}));
}

TEST_F(Disk, ThatIsNoFileSystemIsAnError) {
  write_file(raw, std::string(1U << 20, 'x'));
  const DiskLayers layers({raw});
  EXPECT_THROW(ExtFiles{layers}, Error);
}

TEST_F(Disk, BrokenAnywhereIsWalkedThroughToAnEnd) {
  const std::string whole = read_text(raw, 64U << 20);
  std::mt19937 chance(7);
  for (int round = 0; round < 60; ++round) {
    std::string bad = whole;
    // Where the file system's own tables are, and the first folders behind them.
    for (int i = 0; i < 40; ++i) bad[1024 + chance() % (3U << 20)] = static_cast<char>(chance());
    write_file(raw, bad);
    try {
      const DiskLayers layers({raw});
      ExtFiles files(layers);
      std::uint64_t bytes = 0;
      files.visit([&](const FileOnDisk& file) {
        try {
          files.read(file, 1U << 20, [&](ByteView piece, bool) { bytes += piece.size(); });
        } catch (const Error&) {
        }
      });
      EXPECT_LT(bytes, 64U << 20) << round;
    } catch (const Error& error) {
      EXPECT_STRNE(error.what(), "") << round;
    }
  }
}

}  // namespace
}  // namespace candor::disk
