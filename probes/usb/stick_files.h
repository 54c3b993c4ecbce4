// SPDX-License-Identifier: Apache-2.0
//
// What is on a USB stick, by The Sleuth Kit: files, deleted ones as far as their folders still know them, and
// what was written where no file is. The file system is the guest's: it may be broken or made to do harm, so
// all that is walked through and read is bounded, and whoever uses this does so in the sealed compartment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::usb {

struct StickFile {
  std::string path;  ///< From the stick's root, "/notes/a.txt"; any bytes but NUL.
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_s = 0;  ///< Without a time zone, as FAT has it.
  bool deleted = false;
};

using TakeBytes = std::function<void(ByteView, bool last)>;

class StickFiles {
 public:
  /// `image` as the guest left it, `before` as the harness made it; raw, of one size. Throws Error if either
  /// cannot be read. No file system in `image` is no error: it has no files then.
  StickFiles(const std::filesystem::path& image, const std::filesystem::path& before);
  StickFiles(const StickFiles&) = delete;
  StickFiles& operator=(const StickFiles&) = delete;
  ~StickFiles();

  /// Every regular file by its name. What cannot be read is counted in broken().
  [[nodiscard]] std::vector<StickFile> files();
  /// The paths of all entries files() came to, folders too, a line each.
  [[nodiscard]] const std::string& names() const;
  [[nodiscard]] std::uint64_t broken() const;

  /// Gives the first `limit` bytes of a file to `take`, piece by piece; the last piece may be empty. Of a
  /// deleted one, what now stands where it began. Throws Error.
  void read(const StickFile& file, std::uint64_t limit, const TakeBytes& take);

  /// Bytes that differ from `before`, whatever they belong to.
  [[nodiscard]] std::uint64_t changed_bytes() const;
  /// Gives `take` the first `limit` of those that belong to no file, no folder and no table of the file
  /// system, in whole sectors and in order. Returns how many there are.
  std::uint64_t read_free_space(std::uint64_t limit, const TakeBytes& take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candor::usb
