// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a file as they were at one moment. Files are not mapped where they lie: whoever else may write
// them could cut them, which kills a program that reads its map (SIGBUS), or change them between a check and
// a use. Instead they are copied: into memory if they are small, else into a file without a name in the
// folder for temporary files ($TMPDIR or /tmp), which is then mapped; the copy shares its blocks with the
// original on file systems that can. It is gone when its owner or the process is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/fd.h"

namespace candor::scan {

struct CopyLimits {
  std::size_t in_memory = 64U << 20;
  std::uint64_t size = std::uint64_t{1} << 40U;  ///< What is larger is an Error.
};

class PrivateCopy {
 public:
  /// A regular file or a pipe. Throws Error if it is neither, cannot be read, or does not fit.
  [[nodiscard]] static PrivateCopy of_file(const std::filesystem::path& path, const CopyLimits& limits = {});
  /// All that can be read from `fd`; `name` is for errors.
  [[nodiscard]] static PrivateCopy of_descriptor(int fd, const std::string& name,
                                                 const CopyLimits& limits = {});
  PrivateCopy(PrivateCopy&& other) noexcept;
  PrivateCopy& operator=(PrivateCopy&&) = delete;
  PrivateCopy(const PrivateCopy&) = delete;
  PrivateCopy& operator=(const PrivateCopy&) = delete;
  ~PrivateCopy();

  [[nodiscard]] ByteView bytes() const;
  /// The file that holds the copy, or -1 if it is in memory.
  [[nodiscard]] int descriptor() const { return file_.get(); }

 private:
  friend class CopyWriter;
  PrivateCopy() = default;

  Bytes memory_;
  UniqueFd file_;
  void* map_ = nullptr;
  std::size_t size_ = 0;  // of the map
};

/// Makes a copy of bytes that come piece by piece.
class CopyWriter {
 public:
  explicit CopyWriter(CopyLimits limits = {}) : limits_(limits) {}
  /// Throws Error if there is no room.
  void append(ByteView bytes);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] PrivateCopy finish();

 private:
  friend class PrivateCopy;
  void open_file();

  CopyLimits limits_;
  Bytes memory_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

/// What a gzip file (RFC 1952, any number of members) holds, if that is a capture; nothing if it is not.
struct Unpacked {
  PrivateCopy copy;
  std::string problem;  ///< Why it ends before the file does: damage, cut off, or more than `limit`; or "".
};
[[nodiscard]] std::optional<Unpacked> unpack_capture(ByteView file, std::uint64_t limit,
                                                     const CopyLimits& limits = {});

}  // namespace candor::scan
