// SPDX-License-Identifier: Apache-2.0
//
// One direction of a TCP connection, put together from the segments of a capture made elsewhere: out of
// order, sent twice, cut, with holes, begun before the capture. Of bytes that come twice the first count;
// where later ones differ, they are kept beside them. A hole stays a hole: what stands before and after it is
// never spliced. Bytes are not copied: payloads must outlive the stream.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "capture/layers.h"

namespace candor::capture {

/// Bytes of a stream, or of datagrams put together, and the packet they came in.
struct Piece {
  std::uint64_t at = 0;  ///< In the stream.
  ByteView bytes;
  std::uint64_t frame = 0;
};

/// Pieces without a hole between them, ascending.
using Run = std::vector<Piece>;

struct Hole {
  std::uint64_t at = 0;
  std::uint64_t size = 0;
};

class TcpStream {
 public:
  enum class Use {
    placed,   ///< Every byte is in the stream, now or already before.
    differs,  ///< Some differ from what came first: see differing().
    outside,  ///< It lies before the stream's begin, or before what was already forgotten.
  };

  /// A SYN that is not this stream's own, come late or twice, begins another connection on the same ports.
  [[nodiscard]] bool begins_anew(const Segment& segment) const;
  Use add(const Segment& segment, std::uint64_t frame);
  /// The other side has received all before this number. Its first acknowledgement, in a SYN, tells where the
  /// stream begins.
  void acknowledged(std::uint32_t number, bool in_syn);

  /// Positions count from the first byte after the SYN; without one, from the lowest that was seen.
  [[nodiscard]] std::vector<Run> runs() const;
  /// What was sent and not captured: between runs, cut off packets' ends, and acknowledged after the last
  /// byte. (A single byte at the end is taken for a FIN.)
  [[nodiscard]] std::vector<Hole> holes() const;
  /// Bytes that came later than others at their position and differ from them, in the order they came.
  [[nodiscard]] Run differing() const;
  /// Whether it is known where the stream begins.
  [[nodiscard]] bool saw_begin() const { return saw_syn_ || saw_syn_acknowledged_; }
  /// Position behind the last byte.
  [[nodiscard]] std::uint64_t end() const;
  /// Pieces held, differing ones included.
  [[nodiscard]] std::size_t held() const { return pieces_.size() + differing_.size(); }
  [[nodiscard]] bool empty() const { return pieces_.empty(); }

  /// Forgets all but a copy of the last `tail` bytes, so that what follows can be joined to them. Positions
  /// stay.
  void forget(std::size_t tail);

 private:
  [[nodiscard]] std::uint64_t position(std::uint32_t sequence) const;
  [[nodiscard]] std::uint64_t base() const;
  Use place(std::uint64_t at, ByteView bytes, std::uint64_t frame);

  bool begun_ = false;
  bool saw_syn_ = false;
  bool saw_syn_acknowledged_ = false;
  std::uint32_t syn_ = 0;
  std::uint64_t newest_ = 0;    // where the next sequence number is looked for, in unwrapped positions
  std::uint64_t first_ = 0;     // the stream's begin, if a SYN, an acknowledgement or forget() fixed it
  std::uint64_t floor_ = 0;     // nothing is placed before
  std::uint64_t sent_end_ = 0;  // end of what is known to have been sent
  bool fixed_ = false;          // whether first_ holds
  std::map<std::uint64_t, Piece> pieces_;  // not overlapping; Piece::at unwrapped
  Run differing_;                          // Piece::at unwrapped
  Bytes tail_;
};

}  // namespace candor::capture
