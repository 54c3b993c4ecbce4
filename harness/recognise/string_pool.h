// SPDX-License-Identifier: Apache-2.0
//
// The strings of a structured message, as members to be searched: byte strings put together, since content is
// sent in pieces; texts apart from each other, and put together as well if they stand in lists.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "recognise/decoder.h"

namespace candor::recognise {

class StringPool {
 public:
  void add_bytes(ByteView piece);
  /// `in_list`: whether texts that follow each other may be one.
  void add_text(ByteView piece, bool in_list);
  /// All strings as members; sets `reason` if they do not fit.
  void give(Decoded& result, std::size_t max_output) const;

 private:
  Bytes bytes_;
  Bytes texts_;
  Bytes joined_;
};

}  // namespace candor::recognise
