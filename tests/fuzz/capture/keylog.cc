// SPDX-License-Identifier: Apache-2.0
//
// Any text as a TLS key log: what is kept is printable and in pieces of bounded size.
#include "capture/keylog.h"

#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto log = candor::capture::read_keylog(candor::as_text({data, size}));
  for (const std::string& text : log.texts) {
    if (text.empty() || text.size() > candor::capture::kLargestKeylogText) std::abort();
    for (const char c : text)
      if (c != '\n' && (c < ' ' || c > '~')) std::abort();
  }
  return 0;
}
