// SPDX-License-Identifier: Apache-2.0
//
// Searches what frames carry: each payload by itself, and payloads of one channel to one place put together
// in the order they were sent, since names and pings are too small to carry much at once. Each thing found is
// kept once per channel and place, where it was first seen.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "capture/account.h"
#include "model/evidence.h"

namespace candor::capture {

/// Where a payload was seen.
struct Place {
  std::string channel;
  std::string destination;
  std::int64_t wall_ns = 0;
  std::uint64_t frame = 0;
};

class FrameSearch {
 public:
  /// `most_sequences` bounds the places that are followed, at 128 KiB each.
  explicit FrameSearch(const Recogniser& recognise, std::size_t most_sequences = 1024)
      : recognise_(recognise), most_sequences_(most_sequences) {}

  /// Searches one payload. `made_by` says how it was made of the frame's bytes; empty: it stands there as it
  /// is. Returns how many of its bytes the recogniser did not understand.
  std::uint64_t payload(const Place& place, ByteView bytes, std::vector<model::DecodeStep> made_by = {});

  /// Adds to what is put together for the place's channel and destination; `kind` tells ways to do so apart
  /// and names them in decode chains. False if too many places are being followed.
  [[nodiscard]] bool append(const Place& place, const char* kind, ByteView bytes);

  /// Searches what was put together; returns all findings in the order of their frames.
  [[nodiscard]] std::vector<model::FrameFinding> finish();

  /// Empty, or the first failure of the recogniser.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Origin {
    std::size_t offset = 0;
    std::int64_t wall_ns = 0;
    std::uint64_t frame = 0;
  };
  struct Sequence {
    Bytes bytes;
    std::vector<Origin> origins;
  };
  using Key = std::tuple<std::string, std::string, std::string>;  // channel, destination, kind

  [[nodiscard]] model::Recognition recognised(std::uint64_t frame, ByteView bytes);
  void keep(const Place& place, model::Recognition found, const std::vector<model::DecodeStep>& made_by);
  void search(const Key& key, const Sequence& sequence);
  void search_together(const Key& key, const Sequence& sequence, ByteView bytes, const char* made_by);

  const Recogniser& recognise_;
  std::size_t most_sequences_;
  std::map<Key, Sequence> sequences_;
  std::set<std::tuple<std::string, std::string, model::HitKind, std::string, std::string>> kept_;
  std::vector<model::FrameFinding> findings_;
  std::string problem_;
};

}  // namespace candor::capture
