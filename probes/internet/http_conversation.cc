// SPDX-License-Identifier: Apache-2.0
#include "internet/http_conversation.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace candor::internet {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kBadRequest =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

std::string head(std::string_view status, bool keep_alive, std::size_t length) {
  std::string text = "HTTP/1.1 " + std::string(status) + "\r\n";
  if (length > 0) text += "Content-Type: application/json\r\n";
  text += "Content-Length: " + std::to_string(length) + "\r\n";
  text += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return text;
}

}  // namespace

std::string http_answer(const HttpRequest& request) {
  static constexpr std::string_view kBody = "{}";
  static constexpr std::array<std::string_view, 4> kEmpty = {"PUT", "DELETE", "OPTIONS", "TRACE"};
  if (request.method == "CONNECT") return head("501 Not Implemented", request.keep_alive, 0);
  if (request.method == "HEAD") return head("200 OK", request.keep_alive, kBody.size());
  if (std::find(kEmpty.begin(), kEmpty.end(), request.method) != kEmpty.end()) {
    return head("200 OK", request.keep_alive, 0);
  }
  return head("200 OK", request.keep_alive, kBody.size()) + std::string(kBody);
}

Conversation::Reply HttpConversation::receive(ByteView bytes) {
  const bool was_broken = framer_.state() == HttpFramer::State::broken;
  Reply reply;
  for (const HttpEvent& event : framer_.receive(bytes)) {
    if (closing_) break;
    if (event.kind == HttpEvent::Kind::continue_wanted) {
      reply.bytes += kContinue;
      continue;
    }
    reply.bytes += http_answer(event.request);
    closing_ = !event.request.keep_alive;
  }
  if (framer_.state() == HttpFramer::State::broken && !was_broken && !closing_) {
    reply.bytes += kBadRequest;
    closing_ = true;
  }
  reply.close = closing_;
  return reply;
}

std::string HttpConversation::protocol() const {
  return framer_.state() == HttpFramer::State::following ? "http/1.1" : "";
}

std::string HttpConversation::detail() const {
  if (framer_.state() == HttpFramer::State::broken) {
    return "HTTP broke after " + std::to_string(framer_.framed_bytes()) + " bytes: " + framer_.problem();
  }
  const bool cut = framer_.state() == HttpFramer::State::following && !framer_.at_boundary();
  return cut ? "ended within an HTTP request" : "";
}

Json HttpConversation::more() const {
  if (framer_.requests() == 0 && framer_.state() != HttpFramer::State::following) return Json::object();
  return {{"requests", framer_.requests()}, {"framed_bytes", framer_.framed_bytes()}};
}

}  // namespace candor::internet
