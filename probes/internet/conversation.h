// SPDX-License-Identifier: Apache-2.0
//
// What is said back on a connection, and what the peer's bytes turned out to be. Sees the bytes after TLS,
// piece by piece; does no I/O and keeps none of them. Owned by the session that talks (session.h), which
// keeps what a conversation received as one stream. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "internet/services.h"
#include "internet/stream_record.h"

namespace candor::internet {

/// Of the bytes just received a conversation has put some into streams of its own (of a multiplexed
/// connection, each request is one): this is what is left for the connection's stream, and how many bytes are
/// not.
struct BytesApart {
  std::string left;
  std::size_t elsewhere = 0;
};

/// What a conversation is started with.
struct Start {
  Services& services;
  Route route;
  Endpoint server;       ///< Whom the peer means to talk to: the destination, or a tunnel's far end.
  bool secured = false;  ///< Within TLS.
  /// Has due() asked again soon. May be called whenever the conversation lives, also from within its own
  /// calls.
  std::function<void()> wake = [] {};
  /// The number of the stream that what the conversation receives is kept as.
  std::function<std::int64_t()> stream = [] { return std::int64_t{0}; };
  /// What events say of the TLS it is in (event_types.h).
  std::function<Json()> tls = [] { return Json(); };
};

class Conversation {
 public:
  Conversation() = default;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  virtual ~Conversation() = default;

  /// Whom a peer asks a proxy to connect it to. The host is any bytes: a name, or an address as text.
  struct Target {
    std::string host;
    std::uint16_t port = 0;
  };

  struct Reply {
    static constexpr std::size_t kAll = static_cast<std::size_t>(-1);
    std::string bytes;
    bool close = false;  ///< Nothing more will be said; the peer may go on.

    // At most one of these. What follows belongs to somebody else and becomes a stream of its own.
    /// Once the bytes are sent, the peer begins a TLS handshake. Within TLS `next` goes on, if it is set;
    /// else what is spoken there is recognised as on a new connection.
    bool start_tls = false;
    /// Takes over from the next byte on (Upgrade; with start_tls: within TLS).
    std::unique_ptr<Conversation> next;
    /// What follows is another connection, to there (CONNECT, SOCKS): TLS in it is opened, what is spoken
    /// recognised. This conversation is asked nothing more; its stream stays open as long as the tunnel.
    std::optional<Target> tunnel;
    /// With those: how many of the bytes just received belonged to this conversation; the rest goes on.
    std::size_t taken = kAll;

    /// Set if the conversation has put some of the bytes just received into streams of its own.
    std::optional<BytesApart> apart;

    /// Called once what was received is kept, and not if it could not be.
    std::function<void()> once_kept;
    /// Of a conversation with a host that is passed through: why what was received must not be sent there; or
    /// "".
    std::string misdirected;
  };

  /// Said before the peer has said anything; "" if the peer speaks first.
  [[nodiscard]] virtual std::string greeting() { return {}; }
  [[nodiscard]] virtual Reply receive(ByteView bytes) = 0;
  /// The peer said in good order that it will send no more; it may still be answered.
  [[nodiscard]] virtual Reply ended() { return {}; }
  /// When it has something to say though nothing was received (CLOCK_MONOTONIC); never, if not set.
  [[nodiscard]] virtual std::optional<std::int64_t> due() const { return {}; }
  /// Called once that time has come.
  [[nodiscard]] virtual Reply speak() { return {}; }

  /// Whether nothing should be given for now; `wake` is called when that changes.
  [[nodiscard]] virtual bool full() const { return false; }
  /// Whether it may have something to say after the peer has sent its last byte.
  [[nodiscard]] virtual bool answering() const { return false; }

  /// The connection is over: how, as in StreamEnd. Streams of the conversation's own end now. Returns what of
  /// the bytes it received it has not put anywhere yet, for the connection's stream.
  [[nodiscard]] virtual std::string over(const std::string& how) {
    static_cast<void>(how);
    return {};
  }

  /// "http/1.1", "dns"; or "" if it was followed by nobody, or not to its end in good order.
  [[nodiscard]] virtual std::string protocol() const = 0;
  /// What was amiss, or "".
  [[nodiscard]] virtual std::string detail() const = 0;
  /// Members for the end event; of protocols that are followed also framed_bytes, how many bytes belong to
  /// whole messages, and content_bytes, how many of those are what the messages carry.
  [[nodiscard]] virtual Json more() const = 0;
};

}  // namespace candor::internet
