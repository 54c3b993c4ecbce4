// SPDX-License-Identifier: Apache-2.0
//
// A conversation with a real host, in which this side only listens: what the guest says is kept and then sent
// there, what the host says goes to the guest. A conversation of the table of protocols listens too, so that
// what is said is followed and put into streams as it is in the simulated internet; nothing of what it would
// answer is said. What would lead past the named host, or past what can be followed, ends the connection
// instead: requests for another host, proxies, HTTP/2, FTP, STARTTLS.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "internet/conversation.h"
#include "internet/passage.h"
#include "internet/protocols.h"

namespace candor::internet {

class PassedConversation : public Conversation {
 public:
  /// `listener` is none until it is recognised what is spoken.
  PassedConversation(Start start, std::shared_ptr<Passage> passage,
                     std::unique_ptr<Conversation> listener = {});
  ~PassedConversation() override;

  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] Reply ended() override;
  [[nodiscard]] std::optional<std::int64_t> due() const override;
  [[nodiscard]] Reply speak() override;
  [[nodiscard]] bool full() const override { return passage_ && passage_->full(); }
  [[nodiscard]] bool answering() const override { return passage_ && !passage_->over(); }
  [[nodiscard]] std::string over(const std::string& how) override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  [[nodiscard]] Reply listen(ByteView bytes);
  [[nodiscard]] Reply begin_to_listen(const Protocol& protocol, ByteView bytes);
  /// Whether the first bytes nobody listens to name HTTP.
  [[nodiscard]] bool names_http(ByteView bytes);
  [[nodiscard]] Reply stop(Reply reply, const std::string& why);
  void end_passage();

  Start start_;
  std::shared_ptr<Passage>
      passage_;  // handed to the next conversation with the connection; its coroutines share it
  std::unique_ptr<Conversation> listener_;
  std::string unrecognised_;  // until there is a listener
  bool hopeless_ = false;
  std::string last_seen_;  // a few bytes
  std::size_t looked_at_ = 0;
  bool named_http_ = false;
  std::string problem_;
  Json account_ = Json::object();
};

/// Starts one with the host a session leads to; `alpn` is what was agreed upon with the guest, if it is in
/// TLS.
[[nodiscard]] std::unique_ptr<Conversation> pass_through(const Start& start, const NamedHost& host,
                                                         const std::string& alpn);

}  // namespace candor::internet
