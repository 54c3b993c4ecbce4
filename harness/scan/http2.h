// SPDX-License-Identifier: Apache-2.0
//
// One direction of an HTTP/2 connection (RFC 9113): what its DATA frames carry, stream by stream. Headers are
// not decoded (HPACK, RFC 7541), only counted. Never throws for what the bytes hold; linear in their size.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace candor::scan {

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Http2 {
  std::map<std::uint32_t, Bytes> data;  ///< By stream, frames put together, padding left out.
  std::uint64_t headers = 0;            ///< Bytes of compressed headers.
  std::uint64_t other = 0;  ///< Bytes of frames of unknown types, and behind a frame that is cut off.
};

/// Nothing if it begins neither with a client's preface nor with a server's SETTINGS.
[[nodiscard]] std::optional<Http2> read_http2(ByteView direction);

}  // namespace candor::scan
