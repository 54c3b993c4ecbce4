// SPDX-License-Identifier: Apache-2.0
//
// One owner for one file descriptor, and the descriptors' few primitive operations. Every descriptor
// made here is close-on-exec from birth; a child gets one only when a ProcessSpec names it.
#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.h"

namespace candor {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Two connected AF_UNIX stream sockets.
[[nodiscard]] std::pair<UniqueFd, UniqueFd> socket_pair();
/// The read end and the write end of a pipe.
[[nodiscard]] std::pair<UniqueFd, UniqueFd> make_pipe();
/// Writes all of `bytes`, also across interrupts and short writes; throws Error.
void write_all(int fd, ByteView bytes);

}  // namespace candor
