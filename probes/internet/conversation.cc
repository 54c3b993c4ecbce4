// SPDX-License-Identifier: Apache-2.0
#include "internet/conversation.h"

#include "internet/dns_conversation.h"
#include "internet/http_conversation.h"

namespace candor::internet {

std::unique_ptr<Conversation> start_conversation(Services& services, const Route& route) {
  constexpr std::uint16_t kDns = 53;
  constexpr std::uint16_t kDnsOverTls = 853;
  const std::uint16_t port = route.destination.port;
  if (port == kDns || port == kDnsOverTls) return std::make_unique<DnsConversation>(services, route);
  return std::make_unique<HttpConversation>();
}

}  // namespace candor::internet
