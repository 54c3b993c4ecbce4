// SPDX-License-Identifier: Apache-2.0
//
// The beginning of SSH (RFC 4253): versions and the lists of algorithms are exchanged in the clear and tell
// who asks. There it ends, with a disconnect: what would follow is encrypted, for nobody here to read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "internet/conversation.h"
#include "internet/protocols.h"

namespace candor::internet {

class SshConversation : public Conversation {
 public:
  [[nodiscard]] std::string greeting() override;
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string protocol() const override { return version_.empty() ? "" : "ssh"; }
  [[nodiscard]] std::string detail() const override { return detail_; }
  [[nodiscard]] Json more() const override;

 private:
  void take_version(Reply& reply);
  void take_packets(Reply& reply);

  std::string pending_;  // at most a version's line or a packet, 64 KiB
  std::string version_;  // as the client says it
  std::string detail_;
  bool over_ = false;
  std::uint64_t framed_ = 0;
};

/// Whether bytes begin SSH's version.
[[nodiscard]] Begins begins_ssh(std::string_view first);

}  // namespace candor::internet
