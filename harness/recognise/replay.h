// SPDX-License-Identifier: Apache-2.0
//
// Undoes chains again from the raw surface: the proof of a hit. Keeps the layers of the last chain, so that
// hits that share a chain share the work. Not for several threads at once.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"

namespace candor::recognise {

class Replayer {
 public:
  /// `region_output`: what a decoder may make of one region, as when it was searched.
  Replayer(ByteView surface, std::size_t region_output) : surface_(surface), region_output_(region_output) {}

  /// The innermost layer of a chain, valid until the next call; nothing if a step does not give what it says.
  [[nodiscard]] std::optional<ByteView> layer(const std::vector<model::DecodeStep>& chain);

 private:
  struct Done {
    model::DecodeStep step;
    Bytes bytes;
  };
  ByteView surface_;
  std::size_t region_output_;
  std::vector<Done> done_;
};

}  // namespace candor::recognise
