// SPDX-License-Identifier: Apache-2.0
//
// Whole files, temporary folders, locks and maps. All throw Error naming the path.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"

namespace candor {

/// The whole file; an Error if it is larger than `limit` bytes.
[[nodiscard]] Bytes read_file(const std::filesystem::path& path, std::size_t limit = 1U << 30);
[[nodiscard]] std::string read_text(const std::filesystem::path& path, std::size_t limit = 64U << 20);

/// Replaces the file at once: a reader, or a crash, sees the old content or all of the new one.
void write_file(const std::filesystem::path& path, ByteView content);
void write_file(const std::filesystem::path& path, std::string_view content);

/// At most `limit` bytes from the end of a file, cut to whole lines; empty if it cannot be read.
[[nodiscard]] std::string tail(const std::filesystem::path& path, std::size_t limit = 4096);

/// A new private (0700) folder, removed with all it holds when its owner goes.
class TempDir {
 public:
  /// Makes `parent`/`prefix`XXXXXX.
  TempDir(const std::filesystem::path& parent, std::string_view prefix);
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { remove(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Leaves the folder where it is and gives up owning it.
  std::filesystem::path keep() { return std::exchange(path_, {}); }

 private:
  void remove() noexcept;
  std::filesystem::path path_;
};

/// An exclusive advisory lock (flock) on a file that is made if missing; freed with its owner or, by the
/// kernel, with the process.
class FileLock {
 public:
  /// Nothing if somebody else holds it.
  [[nodiscard]] static std::optional<FileLock> try_acquire(const std::filesystem::path& path);
  /// Text the holder left in the lock file (its pid and purpose), made printable.
  [[nodiscard]] static std::string holder(const std::filesystem::path& path);
  /// Replaces that text.
  void describe(std::string_view text);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// A read-only private map of a file; empty files map to an empty view.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  [[nodiscard]] ByteView bytes() const { return {static_cast<const std::uint8_t*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace candor
