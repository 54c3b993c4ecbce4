// SPDX-License-Identifier: Apache-2.0
//
// Any datagram of a QUIC client, or, behind a first byte that is odd, any frames as if they had been
// decrypted: what is told of them is bounded by them, and a hello is a TLS record of its size.
#include <cstdlib>

#include "capture/client_hello.h"
#include "capture/quic_initial.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  if (size == 0) return 0;
  const ByteView rest = ByteView(data, size).subspan(1);
  std::optional<Bytes> hello;
  if (data[0] % 2 != 0) {
    capture::QuicCrypto crypto;
    crypto.add(rest);
    hello = crypto.hello();
  } else {
    capture::QuicClient client;
    capture::QuicClient::Told told = client.add(rest);
    std::size_t opened = 0;
    for (const Bytes& frames : told.opened) opened += frames.size();
    if (opened > rest.size()) std::abort();
    hello = std::move(told.hello);
  }
  if (!hello) return 0;
  if (hello->size() > rest.size() + 5 || capture::client_hello_size(*hello) != hello->size()) std::abort();
  (void)capture::parse_client_hello(*hello);
  return 0;
}
