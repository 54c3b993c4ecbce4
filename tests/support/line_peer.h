// SPDX-License-Identifier: Apache-2.0
//
// The far end of a socket pair, for fakes that speak lines from a thread of their own. Reads give up after
// five seconds, so that a broken test ends.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"

namespace candor::test {

class LinePeer {
 public:
  explicit LinePeer(UniqueFd fd) : fd_(std::move(fd)) {
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  /// The next line without its end; empty at the end of the conversation.
  std::string line() {
    for (std::string::size_type end = 0; (end = buffer_.find('\n')) == std::string::npos;) {
      char chunk[4096];
      const ssize_t count = ::read(fd_.get(), chunk, sizeof chunk);
      if (count <= 0) return {};
      buffer_.append(chunk, static_cast<std::size_t>(count));
    }
    std::string line = buffer_.substr(0, buffer_.find('\n'));
    buffer_.erase(0, line.size() + 1);
    return line;
  }
  /// Sends these bytes; false once nobody reads them.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void close() { fd_.reset(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace candor::test
