// SPDX-License-Identifier: Apache-2.0
//
// Searches surfaces of any size and sorts what is found into a FileFinding. Surfaces larger than a window
// are searched window by window, each overlapping the last; so are streams, whose pieces are copied together
// no further than that. A hit that two searches see at one place is listed once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "capture/tcp_stream.h"
#include "model/hit.h"
#include "scan/finding.h"

namespace candor::scan {

/// Searches one piece of bytes for planted things.
using Recogniser = std::function<model::Recognition(ByteView)>;

struct SurfaceLimits {
  std::size_t window = 256U << 20;
  /// Longer than anything planted is in any encoding, and than most files: what a window's end cuts, the next
  /// window has whole.
  std::size_t overlap = 1U << 20;
  std::size_t hits = 10'000;            ///< Listed of one file.
  std::size_t hits_per_thing = 16;      ///< Of one and the same thing in one place (`where`).
  std::size_t not_looked_into = 1'000;  ///< Listed of one file; the last sums the rest up.
};

/// What a search of a surface adds to the finding besides hits.
enum class Look {
  first,      ///< What was not looked into, and opaque bytes.
  again,      ///< What was not looked into: another version of bytes that were counted.
  hits_only,  ///< Nothing: these bytes are searched elsewhere, where more of them is together.
};

class Surfaces {
 public:
  Surfaces(const Recogniser& recognise, SurfaceLimits limits, FileFinding& file,
           std::vector<Covered>& coverage)
      : recognise_(recognise), limits_(limits), file_(file), coverage_(coverage) {}

  /// `bytes` stand at `at` in what `where` names. Returns how many of them are opaque.
  std::uint64_t search(const std::string& where, ByteView bytes, std::uint64_t frame = 0,
                       std::uint64_t at = 0, Look look = Look::first);
  /// Pieces without holes between them. `over` are written over them, in their order.
  std::uint64_t search(const std::string& where, const capture::Run& run, Look look = Look::first,
                       const capture::Run& over = {});
  /// Adds what somebody else found.
  void take(const std::string& where, std::uint64_t frame, model::Hit hit);
  void not_looked_into(const std::string& where, const std::string& reason, std::uint64_t bytes,
                       const std::vector<model::DecodeStep>& chain = {});
  void opaque(std::uint64_t bytes) { file_.opaque += bytes; }
  void note(const std::string& where, const std::string& sentence);
  /// recognise(bytes), with what it covers added to the documents' coverage.
  [[nodiscard]] model::Recognition recognised(ByteView bytes);

 private:
  std::uint64_t search_window(const std::string& where, ByteView bytes, std::uint64_t at, Look look,
                              const std::function<std::uint64_t(std::uint64_t)>& frame_at);

  const Recogniser& recognise_;
  SurfaceLimits limits_;
  FileFinding& file_;
  std::vector<Covered>& coverage_;
  std::set<std::tuple<std::string, model::HitKind, std::string, std::string, std::string>> seen_;
  std::map<std::tuple<std::string, model::HitKind, std::string, std::string>, std::size_t> times_;
  std::map<std::pair<std::string, std::string>, std::size_t> unsearched_;  // index in the list
};

}  // namespace candor::scan
