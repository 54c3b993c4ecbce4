// SPDX-License-Identifier: Apache-2.0
#include "internet/ftp_channel.h"

#include <utility>

namespace candor::internet {

namespace {

void call(const std::function<void()>& wake) {
  if (wake) wake();
}

// Tells the control connection when nothing can come any more.
class Guard {
 public:
  explicit Guard(std::shared_ptr<FtpChannel> channel) : channel_(std::move(channel)) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    channel_->gone = true;
    call(channel_->wake_control);
  }
  [[nodiscard]] const std::shared_ptr<FtpChannel>& channel() const { return channel_; }

 private:
  std::shared_ptr<FtpChannel> channel_;
};

}  // namespace

Expected expected_for(const std::shared_ptr<FtpChannel>& channel, bool within_tls) {
  // Shared by the copies of the function below.
  const auto guard = std::make_shared<Guard>(channel);
  return {[guard](const Start& start) -> std::unique_ptr<Conversation> {
            return std::make_unique<FtpDataConversation>(start, guard->channel());
          },
          within_tls};
}

FtpDataConversation::FtpDataConversation(const Start& start, std::shared_ptr<FtpChannel> channel)
    : channel_(std::move(channel)) {
  channel_->wake_data = start.wake;
}

FtpDataConversation::~FtpDataConversation() { channel_->wake_data = {}; }

Conversation::Reply FtpDataConversation::receive(ByteView bytes) {
  channel_->received += bytes.size();
  return {};
}

Conversation::Reply FtpDataConversation::ended() {
  channel_->ended = true;
  call(channel_->wake_control);
  Reply reply;
  reply.close = true;
  return reply;
}

std::optional<std::int64_t> FtpDataConversation::due() const {
  if (spoke_ || channel_->way != FtpChannel::Way::down) return {};
  return 0;
}

Conversation::Reply FtpDataConversation::speak() {
  spoke_ = true;
  Reply reply;
  reply.bytes = channel_->download;
  reply.close = true;
  channel_->ended = true;
  call(channel_->wake_control);
  return reply;
}

std::string FtpDataConversation::protocol() const {
  return channel_->way == FtpChannel::Way::unknown || !channel_->ended ? "" : "ftp-data";
}

std::string FtpDataConversation::detail() const {
  if (channel_->way == FtpChannel::Way::unknown) return "no FTP command asked for this connection";
  return channel_->ended ? "" : "ended within the transfer";
}

Json FtpDataConversation::more() const {
  Framing framing;
  if (channel_->way == FtpChannel::Way::up && channel_->ended)
    framing.framed = framing.content = channel_->received;
  Json json = framing.json();
  json["command"] = channel_->command;
  json["file"] = printable(channel_->file, 1024);
  return json;
}

}  // namespace candor::internet
