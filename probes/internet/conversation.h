// SPDX-License-Identifier: Apache-2.0
//
// What is said back on a TCP connection, and what the peer's bytes turned out to be. Sees the bytes after
// TLS, piece by piece; does no I/O and keeps none of them.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "internet/services.h"
#include "internet/stream_record.h"

namespace candor::internet {

class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  struct Reply {
    std::string bytes;
    bool close = false;  ///< Nothing more will be said; the peer may go on.
  };
  [[nodiscard]] virtual Reply receive(ByteView bytes) = 0;
  /// "http/1.1", "dns"; or "" if it was followed by nobody, or not to its end in good order.
  [[nodiscard]] virtual std::string protocol() const = 0;
  /// What was amiss, or "".
  [[nodiscard]] virtual std::string detail() const = 0;
  /// Members for the end event.
  [[nodiscard]] virtual Json more() const = 0;
};

/// The one for a destination port: DNS on 53 and 853; elsewhere HTTP/1.x where its request line is seen, else
/// silence.
[[nodiscard]] std::unique_ptr<Conversation> start_conversation(Services& services, const Route& route);

}  // namespace candor::internet
