// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an HTTP stream: the requests found must not depend on where the stream is cut. The first byte
// says where.
#include <algorithm>
#include <cstdlib>

#include "internet/http_framer.h"

namespace {

using candor::ByteView;
using candor::internet::HttpEvent;
using candor::internet::HttpFramer;

struct Seen {
  std::uint64_t requests = 0;
  std::uint64_t framed = 0;
  std::uint64_t ended = 0;
  bool operator==(const Seen&) const = default;
};

Seen frame(ByteView bytes, std::size_t piece) {
  HttpFramer framer;
  Seen seen;
  while (!bytes.empty()) {
    const ByteView next = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(next.size());
    for (const HttpEvent& event : framer.receive(next)) {
      if (event.kind == HttpEvent::Kind::request_ended) ++seen.ended;
    }
  }
  seen.requests = framer.requests();
  seen.framed = framer.framed_bytes();
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView stream(data + 1, size - 1);
  const Seen whole = frame(stream, stream.size());
  const Seen pieces = frame(stream, 1U + data[0]);
  if (!(whole == pieces) || whole.framed > stream.size() || whole.requests != whole.ended) std::abort();
  return 0;
}
