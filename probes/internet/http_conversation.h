// SPDX-License-Identifier: Apache-2.0
//
// Answers HTTP/1.x requests with a small neutral success; says nothing to peers that speak something else.
#pragma once

#include "internet/conversation.h"
#include "internet/http_framer.h"

namespace candor::internet {

class HttpConversation : public Conversation {
 public:
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  HttpFramer framer_;
  bool closing_ = false;
};

/// The whole answer to a request.
[[nodiscard]] std::string http_answer(const HttpRequest& request);

}  // namespace candor::internet
