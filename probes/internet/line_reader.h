// SPDX-License-Identifier: Apache-2.0
//
// Lines out of a byte stream that comes in pieces. Bounded: of an endless line only the beginning is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace candor::internet {

class LineReader {
 public:
  static constexpr std::size_t kLongest = 16U << 10;

  /// Takes bytes off the front of `rest`: the next line, without CR and LF, once it is whole.
  [[nodiscard]] std::optional<std::string> take(ByteView& rest);
  /// Of the line taken last: how many bytes it took with its end, and whether it was too long and is cut.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool cut() const { return size_ > kLongest; }
  /// Whether a line is begun.
  [[nodiscard]] bool within_line() const { return !whole_ && size_ > 0; }

 private:
  std::string line_;
  std::uint64_t size_ = 0;
  bool whole_ = true;
};

}  // namespace candor::internet
