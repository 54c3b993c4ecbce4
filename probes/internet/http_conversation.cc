// SPDX-License-Identifier: Apache-2.0
#include "internet/http_conversation.h"

#include <charconv>
#include <utility>

#include "internet/http2_conversation.h"
#include "internet/websocket_conversation.h"

namespace candor::internet {

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kBadRequest =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kConnected = "HTTP/1.1 200 Connection established\r\n\r\n";

/// "host:port" of a CONNECT, with the brackets of an IPv6 address undone.
Conversation::Target target_of(std::string_view authority) {
  Conversation::Target target{.port = 443};
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    std::from_chars(port.data(), port.data() + port.size(), target.port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  target.host = authority;
  return target;
}

}  // namespace

HttpConversation::HttpConversation(Start start)
    : start_(std::move(start)), framer_(*this), body_(start_.services) {}

Conversation::Reply HttpConversation::receive(ByteView bytes) {
  const bool was_broken = framer_.state() == HttpFramer::State::broken;
  const std::size_t taken = framer_.receive(bytes);
  if (framer_.state() == HttpFramer::State::broken && !was_broken) {
    say(std::string(kBadRequest), true);
    if (misdirected_.empty()) misdirected_ = "HTTP broke: " + framer_.problem();
  }
  Reply reply;
  if (framer_.state() == HttpFramer::State::handed_on) {
    reply = std::exchange(handed_, {});
    reply.taken = taken;
  }
  take_due(reply);
  if (!start_.route.passed_to.host.empty()) reply.misdirected = misdirected_;
  return reply;
}

Conversation::Reply HttpConversation::ended() {
  Reply reply;
  framer_.ended();
  take_due(reply);
  return reply;
}

std::optional<std::int64_t> HttpConversation::due() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().at;
}

Conversation::Reply HttpConversation::speak() {
  Reply reply;
  take_due(reply);
  return reply;
}

void HttpConversation::take_due(Reply& reply) {
  const std::int64_t now = monotonic_ns();
  // One that hands the connection on must not come before those it follows, so these come at once then.
  const bool all = reply.next != nullptr || reply.tunnel;
  std::string text;
  while (!waiting_.empty() && (all || waiting_.front().at <= now)) {
    text += waiting_.front().text;
    reply.close = reply.close || waiting_.front().close;
    waiting_.pop_front();
  }
  reply.bytes = text + reply.bytes;
}

void HttpConversation::say(std::string text, bool close, std::int64_t delay_ns) {
  if (closing_) return;
  closing_ = close;
  std::int64_t at = delay_ns > 0 ? monotonic_ns() + delay_ns : 0;
  // Answers come in the order of their requests.
  if (!waiting_.empty()) at = std::max(at, waiting_.back().at);
  waiting_.push_back({at, std::move(text), close});
  if (at > 0) start_.wake();
}

void HttpConversation::on_head(HttpHead head) {
  if (!start_.route.passed_to.host.empty()) check_host(head);
  head_ = std::move(head);
  if (head_.expects_continue) say(std::string(kContinue), false);
}

// A server that serves many names would answer for any of them, so each name a request gives must be the
// host's.
void HttpConversation::check_host(const HttpHead& head) {
  const std::string& host = start_.route.passed_to.host;
  const auto check = [&](HttpRequest named) {
    split_target(named, host);
    if (plain_host_name(named.host) != host) misdirected_ = "a request for " + printable(named.host, 100);
  };
  check({.method = head.method, .target = head.target});
  for (const auto& [name, value] : head.fields)
    if (name == "host") check({.method = head.method, .target = "/", .fields = {{name, value}}});
}

void HttpConversation::on_body(ByteView piece) { body_.add(piece); }

bool HttpConversation::on_end(std::uint64_t end) {
  HttpRequest request{.method = std::move(head_.method),
                      .target = std::move(head_.target),
                      .fields = std::move(head_.fields),
                      .scheme = start_.secured ? "https" : "http"};
  body_.give(request);
  split_target(request, server_name(start_));
  if (closing_) return true;
  if (hand_on(request)) return false;
  const HttpPlace place{start_.stream(), head_.offset, end - head_.offset, "http/1.1"};
  const HttpAnswer answer = serve_http(start_.services, start_.route, request, place);
  say(http1_text(answer, request.method, head_.keep_alive), !head_.keep_alive, answer.delay_ns);
  return true;
}

/// Whether the request asks for another protocol that is spoken here; `handed_` is its answer then.
bool HttpConversation::hand_on(const HttpRequest& request) {
  if (request.method == "CONNECT") {
    handed_.bytes = kConnected;
    handed_.tunnel = target_of(request.target);
    return true;
  }
  if (!field_has(request.fields, "connection", "upgrade")) return false;
  if (field_has(request.fields, "upgrade", "websocket") && !request.field("sec-websocket-key").empty()) {
    handed_.bytes = websocket_answer(request);
    handed_.next = std::make_unique<WebSocketConversation>(start_);
    return true;
  }
  if (!start_.secured && field_has(request.fields, "upgrade", "h2c")) {
    if (!start_.route.passed_to.host.empty()) misdirected_ = "a request for HTTP/2";
    std::unique_ptr<Http2Conversation> next = Http2Conversation::upgraded(start_, request);
    if (!next) return false;
    handed_.bytes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    handed_.next = std::move(next);
    return true;
  }
  return false;
}

std::string HttpConversation::protocol() const {
  const bool followed =
      framer_.state() == HttpFramer::State::following || framer_.state() == HttpFramer::State::handed_on;
  return followed ? "http/1.1" : "";
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
  return {{"requests", framer_.requests()},
          {"framed_bytes", framer_.framed_bytes()},
          {"content_bytes", framer_.body_bytes()}};
}

}  // namespace candor::internet
