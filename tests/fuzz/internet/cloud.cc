// SPDX-License-Identifier: Apache-2.0
//
// Any text as a cloud file; if it is one, it is asked.
#include <cstdlib>

#include "base/error.h"
#include "cloud/cloud.h"
#include "cloud/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  try {
    cloud::Cloud vendor(cloud::read_cloud_text(as_text({data, size}), "cloud.yaml", "/nowhere"));
    cloud::Request request{.host = "a.vendor.example", .method = "POST", .path = "/v1/x", .query = "a=1"};
    request.headers = {{"x-machine", "m-7"}};
    request.body = R"({"sha256":"00","a":[1]})";
    request.body_size = request.body.size();
    for (int i = 0; i < 3; ++i) (void)vendor.answer(request);
    (void)vendor.answer("a.vendor.example", "TXT", 0);
  } catch (const Error& error) {
    if (error.fault() != Fault::input) std::abort();
  }
  return 0;
}
