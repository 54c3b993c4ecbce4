// SPDX-License-Identifier: Apache-2.0
#include "internet/stream_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"

namespace candor::internet {

StreamFile::StreamFile(const std::filesystem::path& folder, std::uint64_t number)
    : folder_(folder), part_(folder / (".part-" + std::to_string(number))) {}

void StreamFile::create() {
  fd_.reset(::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd_) throw errno_error("creating " + part_.string());
}

void StreamFile::append(ByteView bytes) {
  if (!fd_) create();
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw errno_error("writing " + part_.string());
    const auto size = static_cast<std::size_t>(written);
    hasher_.update(bytes.first(size));
    bytes_ += size;
    bytes = bytes.subspan(size);
  }
}

std::string StreamFile::finish() {
  if (!fd_) create();
  std::string name = to_hex(hasher_.finish());
  const std::filesystem::path whole = folder_ / name;
  if (std::rename(part_.c_str(), whole.c_str()) != 0) throw errno_error("renaming " + part_.string());
  fd_.reset();
  return name;
}

}  // namespace candor::internet
