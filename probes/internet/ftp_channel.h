// SPDX-License-Identifier: Apache-2.0
//
// FTP's second connection, on which files and listings go: what its control connection and it tell each
// other, and what is said on it. Shared by the two conversations, since either may end first; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "internet/conversation.h"
#include "internet/framing.h"

namespace candor::internet {

struct FtpChannel {
  enum class Way {
    unknown,  ///< No command has asked for it yet.
    up,
    down,
  };
  Way way = Way::unknown;
  std::string command;   ///< "STOR".
  std::string file;      ///< As bytes; or "".
  std::string download;  ///< Sent where the way is down.
  std::uint64_t received = 0;
  bool ended = false;  ///< All of it went over; in good order.
  bool gone = false;   ///< The connection is over, or none was made.
  std::function<void()> wake_control;
  std::function<void()> wake_data;

  [[nodiscard]] bool over() const { return ended || gone; }
};

/// What is to be said on the connection of a channel. Once the last copy of it is gone, so is the channel.
[[nodiscard]] Expected expected_for(const std::shared_ptr<FtpChannel>& channel, bool within_tls);

class FtpDataConversation : public Conversation {
 public:
  FtpDataConversation(const Start& start, std::shared_ptr<FtpChannel> channel);
  ~FtpDataConversation() override;
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] Reply ended() override;
  [[nodiscard]] std::optional<std::int64_t> due() const override;
  [[nodiscard]] Reply speak() override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  std::shared_ptr<FtpChannel> channel_;
  bool spoke_ = false;
};

}  // namespace candor::internet
