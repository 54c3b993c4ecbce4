// SPDX-License-Identifier: Apache-2.0
//
// The heads of HTTP/1.1 requests in a capture made elsewhere as small carriers (capture/request_carriers.h):
// what a run does with its guest's requests. Requests of one sender to one host belong together, over
// connections too, in the order of their packets. Bounded in memory; what lies beyond is reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "capture/request_carriers.h"
#include "capture/tcp_stream.h"
#include "scan/surfaces.h"

namespace candor::scan {

class RequestHeads {
 public:
  /// What one side of a connection said.
  struct Side {
    std::string where;     ///< As findings are to name it.
    std::string sender;    ///< Its address.
    std::string receiver;  ///< The host, where a request names none.
  };

  /// `as_it_stands` looks into the order of fields; it may be empty.
  RequestHeads(Surfaces& surfaces, const Recogniser& as_it_stands);
  RequestHeads(const RequestHeads&) = delete;
  RequestHeads& operator=(const RequestHeads&) = delete;

  /// Takes the requests of a run, the first of which begins at position `next` of what the side said; those
  /// before were taken from an earlier run. Returns where the next one begins, or capture::kNoRequest once
  /// that cannot be told.
  std::uint64_t add(const Side& side, const capture::Run& run, std::uint64_t next);
  /// Searches what is left and adds what was found.
  void finish();

 private:
  struct Head {
    std::uint64_t frame = 0;
    std::size_t where = 0;
    std::string host;
    Bytes bytes;
  };
  struct Place {
    std::size_t where = 0;
    std::uint64_t frame = 0;
  };

  void keep(const Side& side, std::vector<Head> heads);
  /// Gives what is held to the carriers, in the order of packets.
  void pass_on();

  Surfaces& surfaces_;
  capture::RequestCarriers carriers_;
  std::vector<std::string> wheres_;  ///< Of sides with requests.
  std::vector<Head> heads_;
  std::size_t held_ = 0;
  std::vector<Place> places_;  ///< By the ids given to the carriers.
};

}  // namespace candor::scan
