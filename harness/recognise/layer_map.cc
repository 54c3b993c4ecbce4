// SPDX-License-Identifier: Apache-2.0
#include "recognise/byte_class.h"
#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr ByteClass kSolid = ByteClass("").range(0x21, 0x7e);

}  // namespace

LayerMap map_of(ByteView layer) {
  LayerMap map{.bytes = layer};
  for_each_run(layer, kSolid, LayerMap::kShortestSolid, [&](std::size_t begin, std::size_t end) {
    map.solid.push_back({begin, end});
    return true;
  });
  return map;
}

}  // namespace candor::recognise
