// SPDX-License-Identifier: Apache-2.0
//
// What the sealed side asks the relay, and its answers, over one SOCK_SEQPACKET pair; a JSON object each, no
// descriptor but the one named here:
//
//   to the relay    {"connect": {"id", "host", "port"}}     id: the asker's number for it, from 1
//   from the relay  {"id", "connected": "address"}           with one end of a local stream socket pair
//                   {"id", "refused": "sentence"}            id 0 if the request was none
//
// What is written into that socket is sent to the host, and what the host sends is read from it; its end ends
// the connection. The socket to the host itself stays with the relay: a socket can be disconnected and
// connected again to anywhere its network leads, a local pair leads nowhere. Both sides take each other's
// bytes for hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"

namespace candor::relay {

inline constexpr std::size_t kMaxMessage = 2048;

struct Request {
  std::int64_t id = 0;
  std::string host;
  std::uint16_t port = 0;
};

struct Answer {
  std::int64_t id = 0;
  std::string address;  ///< Where the host was found, if it is connected.
  std::string refused;  ///< Why it is not.
  UniqueFd socket;      ///< If it is.
};

[[nodiscard]] std::string to_text(const Request& request);
[[nodiscard]] std::string to_text(const Answer& answer);

/// Throws Error that says what is wrong with it.
[[nodiscard]] Request parse_request(ByteView message);
/// The same; `socket` is the descriptor that came with it, if any did.
[[nodiscard]] Answer parse_answer(ByteView message, UniqueFd socket);

enum class Received { message, nothing_yet, end };
/// The next request, as bytes: no descriptor that comes with it is let in. A message that is too long is
/// given cut, so that it is none. Throws Error if the socket is broken.
[[nodiscard]] Received receive(int socket, std::string& message);
/// The same of an answer, and the descriptor with it.
[[nodiscard]] Received receive(int socket, std::string& message, UniqueFd& with);
/// False if the peer takes no message now. A peer that is gone is no error.
[[nodiscard]] bool send(int socket, const std::string& message, int with = -1);

}  // namespace candor::relay
