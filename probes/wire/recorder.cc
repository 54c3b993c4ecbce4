// SPDX-License-Identifier: Apache-2.0
#include "wire/recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "base/error.h"

namespace candor::wire {

CaptureFile::CaptureFile(std::filesystem::path path, std::string_view application)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
  if (!fd_) throw errno_error("making the capture " + path_.string());
  append_preamble(batch_, application);
  commit();
}

void CaptureFile::add(Direction direction, std::int64_t wall_ns, ByteView frame, std::string_view comment) {
  append_frame(batch_, direction, wall_ns, frame, comment);
}

void CaptureFile::commit() {
  if (batch_.empty()) return;
  try {
    write_all(fd_.get(), batch_);
  } catch (const Error& error) {
    // Half a batch would end in a torn block, and its frames were not passed on. If even this fails, the
    // torn block says the same.
    static_cast<void>(::ftruncate(fd_.get(), size_) != 0);
    throw error.within("recording to " + path_.string() + "; the frames concerned were not passed on");
  }
  size_ += static_cast<std::int64_t>(batch_.size());
  batch_.clear();
}

void CaptureFile::sync() {
  if (::fsync(fd_.get()) != 0) throw errno_error("keeping the capture " + path_.string());
}

}  // namespace candor::wire
