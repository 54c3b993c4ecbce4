// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a message of the relay's socket, in both directions: what is taken for a request says the same
// when it is written and read again, and names a host that is compared as it stands.
#include <cstdlib>

#include "base/error.h"
#include "base/named_host.h"
#include "relay/message.h"

namespace {

using namespace candor;
using namespace candor::relay;

void ask(ByteView message) {
  try {
    const Request request = parse_request(message);
    const std::string host = plain_host_name(request.host);
    const std::vector<NamedHost> allowed = {{"cloud.example", 443}};
    const bool named = host == "cloud.example" && request.port == 443;
    if (names_host(allowed, host, request.port) != named) std::abort();
    const Request again = parse_request(as_bytes(to_text(request)));
    if (again.id != request.id || again.port != request.port || again.host != request.host) std::abort();
  } catch (const Error&) {
    return;  // a sentence for the asker
  }
}

void answer(ByteView message) {
  try {
    const Answer answer = parse_answer(message, UniqueFd());
    if (answer.refused.empty()) std::abort();  // there was no socket
  } catch (const Error&) {
    return;
  }
}

void name(ByteView text) {
  try {
    const NamedHost host = parse_named_host(as_text(text));
    if (!(parse_named_host(host.text()) == host)) std::abort();
  } catch (const Error&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView message(data, size);
  ask(message);
  answer(message);
  name(message);
  return 0;
}
