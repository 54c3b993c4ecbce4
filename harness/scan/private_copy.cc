// SPDX-License-Identifier: Apache-2.0
#include "scan/private_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "capture/capture_file.h"

namespace candor::scan {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kChunk = 1U << 20;

/// Inflates member after member; knows zlib's z_stream and nothing of captures.
class Gunzip {
 public:
  explicit Gunzip(ByteView file) : file_(file) {
    if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) throw Error("zlib: no memory");
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip() { inflateEnd(&stream_); }

  /// The next bytes, in `buffer`; none at the end, or where problem() says that it goes no further.
  ByteView next(Bytes& buffer) {
    while (problem_.empty() && !(at_ == file_.size() && ended_)) {
      if (ended_ && !another_member()) break;
      const std::size_t input = std::min(kChunk, file_.size() - at_);
      stream_.next_in = const_cast<Bytef*>(file_.data() + at_);  // zlib's interface; it does not write there
      stream_.avail_in = static_cast<uInt>(input);
      stream_.next_out = buffer.data();
      stream_.avail_out = static_cast<uInt>(buffer.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      at_ += input - stream_.avail_in;
      ended_ = code == Z_STREAM_END;
      const std::size_t made = buffer.size() - stream_.avail_out;
      if (code != Z_OK && code != Z_STREAM_END) {
        problem_ =
            (at_ == file_.size() ? "the gzip file breaks off at byte " : "damaged gzip data at byte ") +
            std::to_string(at_) + " of " + std::to_string(file_.size());
      }
      if (made > 0) return ByteView(buffer).first(made);
    }
    return {};
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool another_member() {
    const ByteView rest = file_.subspan(at_);
    if (rest.size() < 2 || rest[0] != 0x1f || rest[1] != 0x8b) {
      problem_ = std::to_string(rest.size()) + " bytes that are no gzip at byte " + std::to_string(at_);
      return false;
    }
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  ByteView file_;
  std::size_t at_ = 0;
  z_stream stream_{};
  bool ended_ = false;
  std::string problem_;
};

}  // namespace

PrivateCopy::PrivateCopy(PrivateCopy&& other) noexcept
    : memory_(std::move(other.memory_)),
      file_(std::move(other.file_)),
      map_(std::exchange(other.map_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

PrivateCopy::~PrivateCopy() {
  if (map_ != nullptr) ::munmap(map_, size_);
}

ByteView PrivateCopy::bytes() const {
  if (map_ != nullptr) return {static_cast<const std::uint8_t*>(map_), size_};
  return memory_;
}

PrivateCopy PrivateCopy::of_file(const fs::path& path, const CopyLimits& limits) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) throw errno_error("opening " + printable(path.string(), 1000));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw errno_error("looking at " + printable(path.string(), 1000));
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
    throw Error(printable(path.string(), 1000) + " is neither a file nor a pipe");
  return of_descriptor(fd.get(), printable(path.string(), 1000), limits);
}

PrivateCopy PrivateCopy::of_descriptor(int fd, const std::string& name, const CopyLimits& limits) {
  CopyWriter writer(limits);
  Bytes buffer(kChunk);
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw errno_error("reading " + name);
    if (count == 0) return writer.finish();
    in_context("copying " + name,
               [&] { writer.append(ByteView(buffer).first(static_cast<std::size_t>(count))); });
    // What is left of a large file, the kernel copies by itself.
    if (!writer.file_) continue;
    for (;;) {
      const ssize_t copied =
          ::copy_file_range(fd, nullptr, writer.file_.get(), nullptr, std::size_t{1} << 30U, 0);
      if (copied <= 0) break;
      writer.size_ += static_cast<std::uint64_t>(copied);
      if (writer.size_ > limits.size)
        throw Error(name + " has more than " + std::to_string(limits.size) + " bytes");
    }
  }
}

void CopyWriter::open_file() {
  const fs::path folder = fs::temp_directory_path();
  file_.reset(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file_) {
    // Not every file system has files without names.
    std::string name = (folder / "candor-scan-XXXXXX").string();
    file_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_) throw errno_error("making a file in " + folder.string());
    ::unlink(name.c_str());
  }
  write_all(file_.get(), memory_);
  memory_ = {};
}

void CopyWriter::append(ByteView bytes) {
  size_ += bytes.size();
  if (size_ > limits_.size) throw Error("more than " + std::to_string(limits_.size) + " bytes");
  if (!file_ && size_ > limits_.in_memory) open_file();
  if (file_) {
    write_all(file_.get(), bytes);
  } else {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  }
}

PrivateCopy CopyWriter::finish() {
  PrivateCopy copy;
  copy.memory_ = std::move(memory_);
  if (!file_) return copy;
  void* const map = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
  if (map == MAP_FAILED) throw errno_error("mapping a copy");
  copy.file_ = std::move(file_);
  copy.map_ = map;
  copy.size_ = size_;
  return copy;
}

std::optional<Unpacked> unpack_capture(ByteView file, std::uint64_t limit, const CopyLimits& limits) {
  if (file.size() < 18 || file[0] != 0x1f || file[1] != 0x8b) return std::nullopt;
  Gunzip gunzip(file);
  Bytes buffer(kChunk);
  CopyWriter writer(limits);
  for (ByteView bytes = gunzip.next(buffer); !bytes.empty(); bytes = gunzip.next(buffer)) {
    if (writer.size() == 0 && capture::capture_format(bytes) == capture::CaptureFormat::none)
      return std::nullopt;
    const std::uint64_t room = limit - writer.size();
    writer.append(bytes.first(std::min<std::uint64_t>(bytes.size(), room)));
    if (bytes.size() > room)
      return Unpacked{writer.finish(), "the gzip file holds more than " + std::to_string(limit) + " bytes"};
  }
  if (writer.size() == 0) return std::nullopt;
  return Unpacked{writer.finish(), gunzip.problem()};
}

}  // namespace candor::scan
