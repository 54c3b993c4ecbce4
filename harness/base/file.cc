// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"

namespace candor {

namespace fs = std::filesystem;

namespace {

UniqueFd open_for_reading(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw errno_error("opening " + path.string());
  return fd;
}

std::size_t size_of(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw errno_error("looking at " + path.string());
  if (!S_ISREG(status.st_mode)) throw Error(path.string() + " is not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

Bytes read_at(int fd, const fs::path& path, std::size_t offset, std::size_t size) {
  Bytes bytes(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw errno_error("reading " + path.string());
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Bytes read_file(const fs::path& path, std::size_t limit) {
  const UniqueFd fd = open_for_reading(path);
  const std::size_t size = size_of(fd.get(), path);
  if (size > limit)
    throw Error(path.string() + " has " + std::to_string(size) + " bytes; at most " + std::to_string(limit) +
                " are read");
  return read_at(fd.get(), path, 0, size);
}

std::string read_text(const fs::path& path, std::size_t limit) {
  return std::string(as_text(read_file(path, limit)));
}

void write_file(const fs::path& path, ByteView content) {
  const fs::path fresh = path.string() + ".new";
  UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) throw errno_error("making " + fresh.string());
  try {
    in_context(path.string(), [&] { write_all(fd.get(), content); });
    if (::fsync(fd.get()) != 0) throw errno_error("writing " + path.string());
    if (::rename(fresh.c_str(), path.c_str()) != 0) throw errno_error("renaming to " + path.string());
  } catch (...) {
    ::unlink(fresh.c_str());
    throw;
  }
}

void write_file(const fs::path& path, std::string_view content) { write_file(path, as_bytes(content)); }

std::string tail(const fs::path& path, std::size_t limit) {
  try {
    const UniqueFd fd = open_for_reading(path);
    const std::size_t size = size_of(fd.get(), path);
    const std::size_t start = size > limit ? size - limit : 0;
    std::string text(as_text(read_at(fd.get(), path, start, size - start)));
    if (start > 0) text.erase(0, text.find('\n') + 1);
    return text;
  } catch (const Error&) {
    return {};
  }
}

TempDir::TempDir(const fs::path& parent, std::string_view prefix) {
  const std::string pattern = (parent / (std::string(prefix) + "XXXXXX")).string();
  std::vector<char> name(pattern.begin(), pattern.end());
  name.push_back('\0');
  if (::mkdtemp(name.data()) == nullptr) throw errno_error("making the folder " + pattern);
  path_ = name.data();
}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
  }
  return *this;
}

void TempDir::remove() noexcept {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  path_.clear();
}

std::optional<FileLock> FileLock::try_acquire(const fs::path& path) {
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) throw errno_error("opening the lock " + path.string());
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      throw errno_error("locking " + path.string());
    }
    // A sweeper may have unlinked the file between open and flock; then this lock guards nothing.
    struct stat held {};
    struct stat named {};
    if (::fstat(fd.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
        held.st_dev == named.st_dev)
      return FileLock(std::move(fd));
  }
}

std::string FileLock::holder(const fs::path& path) { return printable(tail(path, 256)); }

void FileLock::describe(std::string_view text) {
  if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) < 0)
    throw errno_error("describing a lock");
  write_all(fd_.get(), as_bytes(text));
}

MappedFile::MappedFile(const fs::path& path) {
  const UniqueFd fd = open_for_reading(path);
  size_ = size_of(fd.get(), path);
  if (size_ == 0) return;
  data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    throw errno_error("mapping " + path.string());
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace candor
