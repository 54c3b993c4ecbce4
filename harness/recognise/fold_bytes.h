// SPDX-License-Identifier: Apache-2.0
//
// Folds bytes: ASCII letters in lower case, each run of white space as one blank.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"

namespace candor::recognise {

/// A piece of a layer, folded, with the way back to where its bytes stood.
class FoldedPiece {
 public:
  /// Replaces what was there; memory is kept.
  void fold(ByteView piece);

  [[nodiscard]] ByteView bytes() const { return {bytes_.data(), size_}; }
  /// Where in the piece the folded byte at `at` came from; bytes().size() leads to the piece's end.
  [[nodiscard]] std::size_t source_of(std::size_t at) const;

 private:
  static constexpr std::size_t kMark = 256;
  ByteView piece_;
  Bytes bytes_;  ///< More than `size_`, so that vectors can be stored whole.
  std::size_t size_ = 0;
  std::vector<std::uint32_t> marks_;  ///< Folded size before each kMark bytes of the piece.
};

}  // namespace candor::recognise
