// SPDX-License-Identifier: Apache-2.0
#include "internet/datagram_protocols.h"

#include <array>

#include "internet/ntp.h"
#include "internet/quic.h"
#include "internet/stun.h"

namespace candor::internet {

namespace {

constexpr std::array kProtocols = {
    DatagramProtocol{"ntp", is_ntp_request, ntp_answer},
    DatagramProtocol{"stun", is_stun_request, stun_answer},
    DatagramProtocol{"quic", is_quic_initial, quic_version_negotiation},
};

}  // namespace

const DatagramProtocol* datagram_protocol(const Route& route, ByteView datagram) {
  for (const DatagramProtocol& protocol : kProtocols)
    if (protocol.recognises(route, datagram)) return &protocol;
  return nullptr;
}

}  // namespace candor::internet
