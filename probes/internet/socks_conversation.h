// SPDX-License-Identifier: Apache-2.0
//
// A SOCKS proxy: versions 4 and 4a, and 5 (RFC 1928) with user and password (RFC 1929), who ask for a tunnel
// to anywhere and get it. BIND is refused; to UDP ASSOCIATE the proxy's own address is given, where datagrams
// are received as on every port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "internet/conversation.h"
#include "internet/protocols.h"

namespace candor::internet {

class SocksConversation : public Conversation {
 public:
  explicit SocksConversation(Start start) : start_(std::move(start)) {}
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  enum class Step { greeting, credentials, request, done };

  // Each takes a whole message off pending_, or nothing: false.
  [[nodiscard]] bool take_greeting(Reply& reply);
  [[nodiscard]] bool take_credentials(Reply& reply);
  [[nodiscard]] bool take_request(Reply& reply);
  [[nodiscard]] bool take_version_4(Reply& reply);
  void obey(int command, Target target, Reply& reply);
  void took(std::size_t bytes);
  void stop(std::string problem, Reply& reply);
  [[nodiscard]] std::string answer_5(int code) const;

  Start start_;
  Step step_ = Step::greeting;
  std::string pending_;  // less than a message; none is longer than 64 KiB here
  int version_ = 0;
  std::string problem_;
  std::uint64_t framed_ = 0;
  std::string target_;
};

/// Whether bytes begin SOCKS: version 4's request, or all of version 5's greeting.
[[nodiscard]] Begins begins_socks(std::string_view first);

}  // namespace candor::internet
