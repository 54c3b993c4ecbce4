// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a WebSocket connection, cut where the first byte says: what is kept must not depend on that,
// and every byte is left to the connection's stream or counted to a message's.
#include <algorithm>
#include <cstdlib>

#include "internet/websocket_conversation.h"
#include "rig.h"

namespace {

using namespace candor;
using namespace candor::internet;

std::string converse(Rig& rig, ByteView rest, std::size_t piece) {
  rig.reporter.events.clear();
  Start start{rig.services, {.transport = "tcp", .name = "fuzz.example"}, {}};
  WebSocketConversation conversation(start);
  const std::size_t all = rest.size();
  std::string kept;
  std::size_t elsewhere = 0;
  while (!rest.empty()) {
    const ByteView next = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(next.size());
    const Conversation::Reply reply = conversation.receive(next);
    kept += reply.apart->left;
    elsewhere += reply.apart->elsewhere;
  }
  kept += conversation.over("eof");
  if (kept.size() + elsewhere != all) std::abort();
  for (const Json& stream : rig.reporter.of(event::kStream)) kept += stream["sha256"].get<std::string>();
  return kept;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Rig rig;
  if (size < 2) return 0;
  const ByteView stream(data + 1, size - 1);
  if (converse(rig, stream, stream.size()) != converse(rig, stream, 1U + data[0])) std::abort();
  return 0;
}
