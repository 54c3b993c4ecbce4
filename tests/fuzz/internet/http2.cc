// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an HTTP/2 connection, cut where the first byte says: every byte is left to the connection's
// stream or counted to a request's, and the answers are made whatever was asked.
#include <algorithm>
#include <cstdlib>

#include "internet/http2_conversation.h"
#include "rig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  using namespace candor::internet;
  static Rig rig;
  if (size < 2) return 0;
  rig.reporter.events.clear();
  Start start{rig.services, {.transport = "tcp", .name = "fuzz.example"}, {}};
  std::uint64_t accounted = 0;
  {
    Http2Conversation conversation(start);
    (void)conversation.greeting();
    const std::string all = std::string(Http2Frames::kPreface) + std::string(as_text({data + 1, size - 1}));
    ByteView rest = as_bytes(all);
    while (!rest.empty()) {
      const ByteView next = rest.first(std::min<std::size_t>(1U + data[0], rest.size()));
      rest = rest.subspan(next.size());
      const Conversation::Reply reply = conversation.receive(next);
      accounted += reply.apart->left.size() + reply.apart->elsewhere;
      if (conversation.due()) (void)conversation.speak();
    }
    accounted += conversation.over("eof").size();
    if (accounted != all.size()) std::abort();
  }
  std::uint64_t wire = 0;
  for (const Json& stream : rig.reporter.of(event::kStream))
    wire += stream["wire_bytes"].get<std::uint64_t>();
  if (wire > accounted) std::abort();
  return 0;
}
