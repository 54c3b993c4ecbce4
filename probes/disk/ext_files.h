// SPDX-License-Identifier: Apache-2.0
//
// The files of an ext2, ext3 or ext4 file system on a guest's disk, by libext2fs. The file system is the
// guest's: it may be broken or made to do harm, so all that is walked through and read is bounded, and
// whoever uses this does so in the sealed compartment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "disk/disk_layers.h"

namespace candor::disk {

struct FileOnDisk {
  std::string path;  ///< Any bytes but NUL.
  std::uint32_t inode = 0;
  std::uint64_t size = 0;
  std::uint32_t user = 0;
  std::uint32_t mode = 0;
  std::int64_t modified_s = 0;
  bool written = false;  ///< Whether the disk's newest image changed any block of its content.
};

/// Whether a file system whose journal was not replayed is read all the same, as it stands.
enum class AtRest { surely, perhaps };

class ExtFiles {
 public:
  /// Opens it as it stands; `disk` must outlive this. Throws Error if there is none, or if its guest was
  /// surely at rest and it needs its journal replayed.
  explicit ExtFiles(const DiskLayers& disk, AtRest rest = AtRest::surely);
  ExtFiles(const ExtFiles&) = delete;
  ExtFiles& operator=(const ExtFiles&) = delete;
  ~ExtFiles();

  /// Every regular file by each of its names, folder by folder: a hard link is a copy in another place. What
  /// cannot be read is counted in broken().
  void visit(const std::function<void(const FileOnDisk&)>& take);
  [[nodiscard]] std::uint64_t broken() const;

  /// Whether something of this path is there.
  [[nodiscard]] bool has(const std::string& path);

  /// Gives the first `limit` bytes of a file to `take`, piece by piece; the last piece may be empty. Throws
  /// Error.
  void read(const FileOnDisk& file, std::uint64_t limit,
            const std::function<void(ByteView, bool last)>& take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candor::disk
