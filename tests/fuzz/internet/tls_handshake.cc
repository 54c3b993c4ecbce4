// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the start of a TLS connection: the ClientHello, its server name and the certificate minted for
// it.
#include <cstdlib>
#include <string_view>

#include "internet/tls_session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor::internet;
  static Authority authority(64);
  static TlsContext context(authority, "/dev/null");
  TlsSession session(context, asio::ip::make_address("198.18.0.1"), "fuzz.example");
  const std::size_t behind = session.receive({data, size}, [](candor::ByteView) {});
  if (behind > size || session.server_name().size() > 255) std::abort();
  (void)session.take_output();
  (void)session.mid_record();
  return 0;
}
