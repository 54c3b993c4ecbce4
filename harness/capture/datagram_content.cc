// SPDX-License-Identifier: Apache-2.0
#include "capture/datagram_content.h"

#include <array>

namespace candor::capture {

namespace {

struct Reader {
  std::uint16_t port;  // one of the two; 0: any
  std::optional<DatagramContent> (*read)(ByteView payload);
};

constexpr std::array kReaders = {
    Reader{5353, read_mdns},         Reader{5355, read_llmnr},
    Reader{137, read_netbios_names}, Reader{138, read_netbios_datagram},
    Reader{1900, read_ssdp},         Reader{3702, read_ws_discovery},
    Reader{123, read_ntp},           Reader{0, read_stun},
};

}  // namespace

std::optional<DatagramContent> read_datagram(std::uint16_t from, std::uint16_t to, ByteView payload) {
  for (const Reader& reader : kReaders) {
    if (reader.port != 0 && reader.port != from && reader.port != to) continue;
    if (std::optional<DatagramContent> content = reader.read(payload)) return content;
  }
  return std::nullopt;
}

}  // namespace candor::capture
