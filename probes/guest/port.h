// SPDX-License-Identifier: Apache-2.0
//
// A virtio-serial port as lines of text in both directions. The host's end comes and goes: it is away while a
// template is frozen, and there from a fork's first moment. Never blocks; what cannot be written yet waits in
// memory, and full() asks for patience.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.h"

namespace candor::guest_probe {

class Port {
 public:
  /// Throws Error if it cannot be opened, or is open elsewhere.
  explicit Port(const std::filesystem::path& path);

  /// For epoll, edge-triggered: a port without a host is always ready.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Whether the host's end is there. When it went away, all that waited is forgotten.
  [[nodiscard]] bool connected();
  /// The next line from the host, without its newline. Throws Error for one over 64 KiB.
  [[nodiscard]] std::optional<std::string> next_line();
  /// Takes a line with its newline, and writes what can be written.
  void send(std::string line);
  void flush();
  [[nodiscard]] bool full() const { return waiting_.size() - written_ >= kFull; }
  [[nodiscard]] bool empty() const { return waiting_.size() == written_; }

 private:
  static constexpr std::size_t kFull = 1U << 20;

  UniqueFd fd_;
  std::string heard_;
  std::string waiting_;
  std::size_t written_ = 0;
};

}  // namespace candor::guest_probe
