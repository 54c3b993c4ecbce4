// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as qemu-img's map of a disk: what is taken is in order, without overlaps, and in an image there
// is.
#include <cstdlib>

#include "base/error.h"
#include "disk/disk_layers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  try {
    std::uint64_t end = 0;
    for (const disk::Extent& each : disk::extents_from({reinterpret_cast<const char*>(data), size}, 3)) {
      if (each.start < end || each.length == 0 || each.depth < 0 || each.depth > 2) std::abort();
      end = each.start + each.length;
    }
  } catch (const Error&) {
    return 0;  // a sentence for the probe's account
  }
  return 0;
}
