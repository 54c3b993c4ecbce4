// SPDX-License-Identifier: Apache-2.0
//
// Turns the escapes found in a layer into the regions worth undoing: the text around them, as far as anything
// recognisable reaches. Text without escapes need not be decoded; it was searched as it stands.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "recognise/decoder.h"

namespace candor::recognise {

class EscapeWindows {
 public:
  EscapeWindows(ByteView layer, std::size_t limit) : layer_(layer), limit_(limit) {}

  /// An escape that ends at `end`; ends do not descend.
  void add(std::size_t end);
  /// All regions; call once, at the end.
  [[nodiscard]] std::vector<Region> finish();
  /// Whether there were more regions than the limit.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  void close(std::size_t end);

  ByteView layer_;
  std::size_t limit_;
  bool open_ = false;
  bool overflowed_ = false;
  std::size_t begin_ = 0;  ///< Of the open window.
  std::size_t last_ = 0;   ///< End of its last escape.
  std::vector<Region> regions_;
};

}  // namespace candor::recognise
