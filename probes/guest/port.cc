// SPDX-License-Identifier: Apache-2.0
#include "guest/port.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace candor::guest_probe {

namespace {

constexpr std::size_t kLongestLine = 64U << 10;

}  // namespace

Port::Port(const std::filesystem::path& path) : fd_(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)) {
  if (!fd_) throw errno_error("opening " + path.string());
}

bool Port::connected() {
  pollfd state{fd_.get(), POLLIN | POLLOUT, 0};
  const bool there = poll(&state, 1, 0) >= 0 && (state.revents & POLLHUP) == 0;
  if (!there) {
    heard_.clear();
    waiting_.clear();
    written_ = 0;
  }
  return there;
}

std::optional<std::string> Port::next_line() {
  std::array<char, 4096> buffer{};
  for (;;) {
    if (const auto end = heard_.find('\n'); end != std::string::npos) {
      std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      return line;
    }
    if (heard_.size() > kLongestLine) throw Error("the host's line has no end");
    const ssize_t got = read(fd_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;  // nothing yet, or no host
    heard_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void Port::send(std::string line) {
  waiting_ += line;
  flush();
}

void Port::flush() {
  while (written_ < waiting_.size()) {
    const ssize_t put = write(fd_.get(), waiting_.data() + written_, waiting_.size() - written_);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    written_ += static_cast<std::size_t>(put);
  }
  if (written_ == waiting_.size() || written_ > kFull) {
    waiting_.erase(0, written_);
    written_ = 0;
  }
}

}  // namespace candor::guest_probe
