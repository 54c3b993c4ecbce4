// SPDX-License-Identifier: Apache-2.0
//
// Searches a capture: TCP streams of both directions, datagrams one by one and put together by where they go,
// names asked for, and whatever else packets hold.
//
// What is searched how often: every payload byte of TCP once, in its stream; payload that is not (or not as
// it is) in a stream, because other bytes came first, or it lies before the stream's begin, also by itself. A
// stream with contradicting bytes is searched twice: with the first of them, and with the last. Every other
// payload by itself, with all others of its kind between two places, and as its receiver reads it, if it is
// one of datagram_content.h. Header fields are searched as small carriers of each sender; options, trailers
// and pcapng's comments, if they hold more than their formats need. Checksums are not looked at: network
// cards fill them in after the capture, and a forged packet that contradicts the true one is found as a
// contradiction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "scan/request_heads.h"
#include "scan/surfaces.h"

namespace candor::scan {

/// Bounds on what is held of a capture at a time. When `pieces` or `rebuilt` is passed, all streams are
/// searched as far as they go, and only their last bytes are kept, so that nothing between two parts is
/// missed; when `flows` is, those silent for longest are searched and forgotten.
struct CaptureLimits {
  std::size_t pieces = 1U << 20;     ///< Segments and datagrams not yet searched.
  std::size_t flows = 1U << 16;      ///< TCP streams and flows of datagrams.
  std::size_t rebuilt = 256U << 20;  ///< Bytes of datagrams put together from fragments.
  std::size_t tail = 4096;           ///< Kept of what was searched: more than any token is in any encoding.
};

/// A stream in which TLS records stand.
struct TlsStream {
  std::string where;
  std::string source;  ///< "10.0.0.1:40000".
  std::string destination;
  std::uint64_t first_frame = 0;
  std::uint64_t last_frame = 0;
  std::uint64_t before = 0;  ///< Bytes in front of the first TLS record.
  std::uint64_t bytes = 0;   ///< From there on.
  std::uint64_t opaque = 0;  ///< Of the stream; to be counted unless it is opened.
};

struct CaptureFinding {
  std::vector<TlsStream> tls;  ///< What they hold has not been looked into.
  bool secrets = false;        ///< Whether the capture brings TLS secrets of its own.
};

/// `file` must be a capture by capture::capture_format(). Never throws for what it holds. Fills the file's
/// packets and problem; requests are told to `heads`. `as_it_stands` looks for what stands there unencoded,
/// in the thousands of ways in which header fields may be put together; without it they are not searched.
[[nodiscard]] CaptureFinding scan_capture(ByteView file, Surfaces& surfaces, FileFinding& finding,
                                          RequestHeads& heads, CaptureLimits limits = {},
                                          const Recogniser& as_it_stands = {});

}  // namespace candor::scan
