// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what a peer says to a conversation: what was understood must not depend on where the stream is
// cut, and never be more than was said. The first byte says where it is cut.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "internet/conversation.h"

namespace candor::internet {

class NoReporter : public Reporter {
 public:
  void report(const std::string&, Json) override {}
  void dropped(std::uint64_t) override {}
};

/// What conversations are started with.
inline Start fuzz_start() {
  static NoReporter reporter;
  static Authority authority(64);
  static TlsContext tls(authority, "/dev/null");
  static NamePool names(64);
  static Services services{.reporter = reporter, .tls = tls, .names = names, .streams = "/nowhere"};
  services.dial = [](const Endpoint&, const Endpoint&, const Expected&) {};
  services.expected = {};  // the same ports each time
  const Endpoint client{asio::ip::make_address("10.0.0.2"), 40'000};
  const Endpoint server{asio::ip::make_address("198.18.0.1"), 1};
  return {services, {"tcp", client, server, "fuzz.example", {}}, server};
}

struct Told {
  std::string answers;
  std::string protocol;
  Json more;
  std::size_t taken = 0;  // by this conversation
  bool operator==(const Told&) const = default;
};

inline Told tell(Conversation& conversation, ByteView bytes, std::size_t piece) {
  Told told;
  told.answers = conversation.greeting();
  bool over = false;
  while (!bytes.empty() && !over) {
    const ByteView next = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(next.size());
    const Conversation::Reply reply = conversation.receive(next);
    told.answers += reply.bytes;
    over = reply.close || reply.start_tls || reply.next || reply.tunnel;
    const bool whole = reply.close || reply.taken == Conversation::Reply::kAll;
    if (!whole && reply.taken > next.size()) std::abort();
    told.taken += whole ? next.size() : reply.taken;
    if (reply.close) told.taken = 0;  // what comes behind the end depends on the cut
  }
  told.protocol = conversation.protocol();
  told.more = conversation.more();
  (void)conversation.detail();
  return told;
}

inline int fuzz_conversation(const std::uint8_t* data, std::size_t size,
                             const std::function<std::unique_ptr<Conversation>()>& start) {
  if (size < 2) return 0;
  const ByteView stream(data + 1, size - 1);
  const auto at_once = start();
  const Told whole = tell(*at_once, stream, stream.size());
  const auto in_pieces = start();
  const Told pieces = tell(*in_pieces, stream, 1U + data[0]);
  if (!(whole == pieces)) std::abort();
  const auto framed = whole.more.at("framed_bytes").get<std::uint64_t>();
  if (framed > stream.size() || whole.more.at("content_bytes").get<std::uint64_t>() > framed) std::abort();
  return 0;
}

}  // namespace candor::internet
