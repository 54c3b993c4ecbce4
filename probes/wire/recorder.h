// SPDX-License-Identifier: Apache-2.0
//
// Where frames are recorded. The forwarder adds a batch, commits it, and only then passes its frames on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"
#include "wire/pcapng.h"

namespace candor::wire {

class Recorder {
 public:
  Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  virtual ~Recorder() = default;
  virtual void add(Direction direction, std::int64_t wall_ns, ByteView frame, std::string_view comment) = 0;
  /// Returns once what was added is the kernel's to keep, whatever becomes of this process. Throws Error.
  virtual void commit() = 0;
};

/// A pcapng file. Blocks are written whole, a batch in one write(); should a write fail, the file is cut back
/// to its last whole batch.
class CaptureFile : public Recorder {
 public:
  /// Makes the file, which must not exist yet.
  CaptureFile(std::filesystem::path path, std::string_view application);
  void add(Direction direction, std::int64_t wall_ns, ByteView frame, std::string_view comment) override;
  void commit() override;
  /// Asks the disk to keep it (fsync).
  void sync();

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  Bytes batch_;
  std::int64_t size_ = 0;  ///< Of whole batches in the file.
};

}  // namespace candor::wire
