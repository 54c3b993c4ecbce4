// SPDX-License-Identifier: Apache-2.0
//
// A peer's side of a conversation, in memory.
#pragma once

#include <string>

#include "internet/conversation.h"
#include "rig.h"

namespace candor::internet {

inline Route client_route(std::uint16_t port) {
  return {"tcp",
          {asio::ip::make_address("10.0.0.2"), 40'000},
          {asio::ip::make_address("198.18.0.1"), port},
          "server.example",
          {}};
}

inline Start start_at(Rig& rig, std::uint16_t port) {
  const Route route = client_route(port);
  return {rig.services, route, route.destination};
}

/// What a conversation answers, told byte by byte or at once.
inline std::string answers(Conversation& conversation, std::string_view said, std::size_t piece = 1U << 20) {
  std::string all;
  for (std::size_t i = 0; i < said.size(); i += piece) {
    all += conversation.receive(as_bytes(said.substr(i, piece))).bytes;
  }
  return all;
}

}  // namespace candor::internet
