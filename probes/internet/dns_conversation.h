// SPDX-License-Identifier: Apache-2.0
//
// DNS over TCP: messages behind two length bytes (RFC 1035, section 4.2.2).
#pragma once

#include <cstdint>
#include <string>

#include "internet/conversation.h"
#include "internet/dns_service.h"
#include "internet/protocols.h"

namespace candor::internet {

class DnsConversation : public Conversation {
 public:
  DnsConversation(Services& services, Route route) : services_(services), route_(std::move(route)) {}
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string protocol() const override {
    return problem_.empty() && queries_ > 0 ? "dns" : "";
  }
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  void take_messages(Reply& reply);

  Services& services_;
  Route route_;
  std::string pending_;  // at most one message, 64 KiB, and what came with it
  std::string problem_;
  std::uint64_t queries_ = 0;
  std::uint64_t framed_ = 0;
};

/// Whether bytes begin a message behind two length bytes: a query of one question, and a plausible length.
[[nodiscard]] Begins begins_dns(std::string_view first);

}  // namespace candor::internet
