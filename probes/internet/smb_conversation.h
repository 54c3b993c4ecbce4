// SPDX-License-Identifier: Apache-2.0
//
// The beginning of SMB 2 (MS-SMB2): the dialect is agreed on, NTLM's challenge is given, and with the answer
// it is known who tries to log in from where; then the login fails. Opaque beyond that. Also behind NetBIOS's
// session request (RFC 1002), and for clients that begin with SMB 1 and offer version 2 in it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "internet/conversation.h"
#include "internet/protocols.h"

namespace candor::internet {

class SmbConversation : public Conversation {
 public:
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  void take_message(std::string_view message, Reply& reply);
  void take_version_1(std::string_view message, Reply& reply);
  void take_version_2(std::string_view message, Reply& reply);
  void set_up_session(std::string_view message, Reply& reply);

  std::string pending_;  // at most one message, 128 KiB
  std::string problem_;
  std::uint64_t framed_ = 0;
  std::map<std::string, std::uint64_t> tried_;  // commands and how often
  std::string user_;
  std::string host_;
};

/// Whether bytes begin SMB, or a NetBIOS session.
[[nodiscard]] Begins begins_smb(std::string_view first);

}  // namespace candor::internet
