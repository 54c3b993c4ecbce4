// SPDX-License-Identifier: Apache-2.0
//
// Which bytes of one direction of a TCP connection were seen, so that each counts once. Sequence numbers wrap
// and segments come twice, overlap and come out of order; a segment that says it repeats bytes must have the
// same bytes, or it could carry anything past a receiver that throws it away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "capture/frame.h"

namespace candor::capture {

class TcpFlow {
 public:
  /// Parts of a segment's payload; they add up to it.
  struct Split {
    std::uint64_t fresh = 0;     ///< Seen for the first time.
    std::uint64_t repeated = 0;  ///< Equal to what was seen there before.
    std::uint64_t doubtful = 0;  ///< Different from it, or too long ago to tell, or one hole too many.
  };

  /// Whether it is the first segment of another connection: a SYN with a new number.
  [[nodiscard]] bool begins_anew(const TcpSegment& segment) const;
  /// The payload must outlive the flow: later segments are compared with it. What begins anew forgets what
  /// was.
  Split add(const TcpSegment& segment);

  /// What is kept, put together as far as there is no hole; of bytes that came twice with another content the
  /// first or the `later`.
  [[nodiscard]] std::vector<Bytes> runs(bool later = false) const;

  /// Pieces kept for comparison; the oldest may be forgotten to bound memory.
  [[nodiscard]] std::size_t kept() const { return kept_.size(); }
  void forget_lowest() {
    if (!kept_.empty()) kept_.erase(kept_.begin());
  }
  /// Whether bytes came twice with another content, so that runs(true) differs.
  [[nodiscard]] bool contradicted() const { return !over_.empty(); }

 private:
  [[nodiscard]] std::uint64_t position(std::uint32_t sequence) const;
  void begin(std::uint32_t sequence);
  void cover(std::uint64_t from, std::uint64_t to);
  [[nodiscard]] std::uint64_t equal_bytes(std::uint64_t from, ByteView bytes) const;

  bool begun_ = false;
  bool has_syn_ = false;
  std::uint32_t first_ = 0;                               // sequence number of the SYN
  std::uint64_t highest_ = 0;                             // end of what was seen, in unwrapped positions
  std::map<std::uint64_t, std::uint64_t> covered_;        // start to end, neither touching nor overlapping
  std::map<std::uint64_t, ByteView> kept_;                // by position, not overlapping
  std::vector<std::pair<std::uint64_t, ByteView>> over_;  // what came later and differed, in order
};

}  // namespace candor::capture
