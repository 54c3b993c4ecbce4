// SPDX-License-Identifier: Apache-2.0
//
// A probe's reading of probes/PROTOCOL.md, version 1: the words and limits, and the bodies it sends. (The
// collector has its own reading; a test holds the two together.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "candor/probe.h"

namespace candor::probe {

inline constexpr std::int64_t kProtocol = 1;
inline constexpr std::size_t kMaxBody = 256 * 1024;
inline constexpr std::size_t kMaxBlobPiece = 256 * 1024;
inline constexpr std::size_t kMaxBlobId = 64;

namespace reject {
inline constexpr const char* kNoHello = "no-hello";  ///< Not final: say HELLO (again).
inline constexpr const char* kGap = "gap";           ///< Likewise, and replay.
}  // namespace reject

/// What WELCOME grants.
struct Welcome {
  std::int64_t credit = 0;
  std::int64_t resume_from = 1;
  std::int64_t heartbeat_ns = 0;
  std::int64_t silence_ns = 0;
};

/// Throws Error if the body is not that of a WELCOME this version understands.
[[nodiscard]] Welcome read_welcome(const Json& body);

/// Bytes that go with an event.
struct Piece {
  std::string id;
  std::int64_t offset = 0;
  bool last = true;
  About about = About::seen;
  std::string_view bytes;
};

/// The member `blob` of an EVENT, as JSON text.
[[nodiscard]] std::string blob_member(const Piece& piece);

/// The body of an EVENT around `data`, which is JSON text already: large data is written once, outside any
/// lock. `blob` is blob_member(), or empty.
[[nodiscard]] std::string event_body(std::int64_t seq, std::string_view type, std::int64_t wall_ns,
                                     std::int64_t mono_ns, std::string_view data, std::string_view blob = {});

/// A random UUID in lower case.
[[nodiscard]] std::string make_instance();

}  // namespace candor::probe
