// SPDX-License-Identifier: Apache-2.0
//
// Any frame: taken apart, its parts add up to it and all that is searched lies inside it.
#include "capture/frame.h"

#include <cstdlib>
#include <numeric>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const candor::ByteView frame(data, size);
  const candor::capture::Dissection found = candor::capture::dissect(frame);
  if (std::accumulate(found.bytes.begin(), found.bytes.end(), std::uint64_t{0}) != size) std::abort();
  for (const candor::ByteView piece : found.search)
    if (piece.data() < data || piece.data() + piece.size() > data + size) std::abort();
  return 0;
}
