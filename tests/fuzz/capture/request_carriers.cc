// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as HTTP requests: what is told stands in them, in order, and whatever it says can be put
// together.
#include "capture/request_carriers.h"

#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  const ByteView sent(data, size);
  const auto all = [](ByteView bytes) {
    model::Recognition found;
    found.hits.push_back({.what = "begin", .offset = bytes.size() / 2});
    return found;
  };
  capture::RequestCarriers carriers(all, all);
  std::size_t next = 0;
  std::uint64_t told = 0;
  capture::for_each_request(sent, [&](const capture::HttpRequest& request) {
    if (request.offset < next || request.offset >= size) std::abort();
    next = request.offset + 1;
    carriers.add("a.example", told++, request);
    return true;
  });
  for (const capture::RequestFinding& found : carriers.finish())
    if (found.id >= told) std::abort();
  return 0;
}
