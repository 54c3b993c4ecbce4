// SPDX-License-Identifier: Apache-2.0
#include "recognise/string_pool.h"

#include <algorithm>

namespace candor::recognise {

namespace {

void append(ByteView piece, Bytes& to) { to.insert(to.end(), piece.begin(), piece.end()); }

void give_member(const char* name, ByteView content, std::size_t max_output, Decoded& result) {
  const std::size_t taken = std::min(content.size(), max_output - result.bytes.size());
  if (taken < content.size()) result.reason = "output budget";
  if (taken == 0) return;
  result.members.push_back({name, result.bytes.size(), taken});
  append(content.first(taken), result.bytes);
}

}  // namespace

void StringPool::add_bytes(ByteView piece) { append(piece, bytes_); }

void StringPool::add_text(ByteView piece, bool in_list) {
  append(piece, texts_);
  texts_.push_back(' ');
  if (in_list) append(piece, joined_);
}

void StringPool::give(Decoded& result, std::size_t max_output) const {
  give_member("bytes", bytes_, max_output, result);
  give_member("texts", texts_, max_output, result);
  give_member("joined", joined_, max_output, result);
}

}  // namespace candor::recognise
