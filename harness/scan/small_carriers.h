// SPDX-License-Identifier: Apache-2.0
//
// Header fields of a capture made elsewhere as small carriers (capture/carriers.h), each sender's by
// themselves: what a run does with its guest's frames. Bounded in senders, places and conversations; what is
// beyond is reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_set>
#include <utility>

#include "base/bytes.h"
#include "capture/capture_file.h"
#include "capture/carriers.h"
#include "capture/layers.h"
#include "scan/surfaces.h"

namespace candor::scan {

class SmallCarriers {
 public:
  /// Without `as_it_stands` nothing is searched.
  SmallCarriers(Surfaces& surfaces, const Recogniser& as_it_stands);
  SmallCarriers(const SmallCarriers&) = delete;
  SmallCarriers& operator=(const SmallCarriers&) = delete;

  /// A packet, or a datagram that was put together and ended with it.
  void add(const capture::Packet& packet, const capture::Layers& layers);
  /// Searches what is left and adds what was found.
  void finish();

 private:
  using Ends = std::pair<capture::Address, capture::Address>;
  /// A ClientHello that goes on in the next segment.
  struct Hello {
    Bytes pending;
    std::uint32_t next = 0;
  };

  [[nodiscard]] bool begins(const capture::Dissection& frame);
  void hello(const capture::Packet& packet, const capture::Dissection& frame);

  Surfaces& surfaces_;
  Recogniser as_it_stands_;
  capture::Recogniser recognise_;
  capture::Carriers carriers_;
  std::unordered_set<std::size_t> conversations_;  ///< Hashes of ends; of TCP with the first sequence number.
  std::map<Ends, Hello> hellos_;
  bool lost_hellos_ = false;
};

}  // namespace candor::scan
