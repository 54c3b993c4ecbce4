// SPDX-License-Identifier: Apache-2.0
//
// Received streams on disk, each once, under its SHA-256. A stream is written to `.part-N` while it is
// received and renamed at its end, so a file with a hash for a name is always whole; after a crash the part
// file stays and can be searched. Owned by the probe; one thread. Failures to write are Errors naming the
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/hash.h"

namespace candor::internet {

/// One stream being written. Destroyed before finish(), it leaves its part file, ".part-NUMBER": by that,
/// what a killed probe received is told to be of the stream it reported under that number.
class StreamFile {
 public:
  StreamFile(const std::filesystem::path& folder, std::uint64_t number);
  StreamFile(const StreamFile&) = delete;
  StreamFile& operator=(const StreamFile&) = delete;

  /// Throws Error if not all of it reached the file; bytes() then counts the part that did.
  void append(ByteView bytes);
  /// Gives the file its name and returns it: the SHA-256 of bytes() bytes, in hex.
  std::string finish();
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void create();

  std::filesystem::path folder_;
  std::filesystem::path part_;
  UniqueFd fd_;
  Hasher hasher_;
  std::uint64_t bytes_ = 0;
};

}  // namespace candor::internet
