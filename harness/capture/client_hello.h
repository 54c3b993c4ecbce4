// SPDX-License-Identifier: Apache-2.0
//
// A TLS ClientHello (RFC 8446, section 4.1.2): what a client says before anything is encrypted, and what it
// may choose in it. Stateless; reads as far as the bytes go and are well-formed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::capture {

struct ClientHello {
  ByteView random;
  ByteView session_id;
  std::vector<std::uint16_t> ciphers;     ///< Without GREASE.
  std::vector<std::uint16_t> extensions;  ///< Types, likewise.
  std::vector<std::uint8_t> grease;       ///< Which of its 16 values, in order (RFC 8701).
  std::vector<ByteView> key_shares;
  std::string server_name;        ///< As sent: any bytes.
  std::vector<std::string> alpn;  ///< Protocols offered (RFC 7301), likewise.
};

/// Bytes of the record that begins here, its header included; 0 if none with a ClientHello does.
[[nodiscard]] std::size_t client_hello_size(ByteView bytes);

[[nodiscard]] ClientHello parse_client_hello(ByteView record);

}  // namespace candor::capture
