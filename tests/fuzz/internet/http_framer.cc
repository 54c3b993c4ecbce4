// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an HTTP stream: the requests found and their bodies must not depend on where the stream is
// cut. The first byte says where.
#include <algorithm>
#include <cstdlib>

#include "internet/http_framer.h"

namespace {

using candor::ByteView;
using candor::internet::HttpFramer;
using candor::internet::HttpHead;
using candor::internet::HttpSink;

struct Seen : HttpSink {
  void on_head(HttpHead head) override { heads += head.method + head.target + std::to_string(head.offset); }
  void on_body(ByteView piece) override { bodies += candor::as_text(piece); }
  bool on_end(std::uint64_t end) override {
    ends += end;
    return ++requests < 5;
  }
  std::string heads;
  std::string bodies;
  std::uint64_t ends = 0;
  std::uint64_t requests = 0;
  std::uint64_t framed = 0;
  std::size_t taken = 0;
};

void frame(Seen& seen, ByteView bytes, std::size_t piece) {
  HttpFramer framer(seen);
  while (!bytes.empty()) {
    const ByteView next = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(next.size());
    seen.taken += framer.receive(next);
  }
  framer.ended();
  seen.framed = framer.framed_bytes();
  if (framer.requests() != seen.requests) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView stream(data + 1, size - 1);
  Seen whole;
  Seen pieces;
  frame(whole, stream, stream.size());
  frame(pieces, stream, 1U + data[0]);
  // The framer waits with fewer bytes than a last chunk has, so that a body without its end may lag behind.
  const bool bodies =
      whole.bodies.starts_with(pieces.bodies) && whole.bodies.size() - pieces.bodies.size() < 5;
  const bool same = whole.ends == pieces.ends && whole.framed == pieces.framed &&
                    whole.taken == pieces.taken && whole.heads == pieces.heads && bodies;
  if (!same || whole.framed > stream.size()) std::abort();
  return 0;
}
