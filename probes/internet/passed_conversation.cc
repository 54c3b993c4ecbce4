// SPDX-License-Identifier: Apache-2.0
#include "internet/passed_conversation.h"

#include <algorithm>
#include <array>
#include <utility>

namespace candor::internet {

namespace {

constexpr std::size_t kSaidPerTurn = 64U << 10;
/// What would need more than to listen: FTP and SOCKS make further connections, and HTTP/2's requests can
/// only be told by who knows what both sides said.
constexpr std::array<std::string_view, 3> kNotFollowed = {"h2", "ftp", "socks"};

}  // namespace

PassedConversation::PassedConversation(Start start, std::shared_ptr<Passage> passage,
                                       std::unique_ptr<Conversation> listener)
    : start_(std::move(start)), passage_(std::move(passage)), listener_(std::move(listener)) {}

PassedConversation::~PassedConversation() {
  if (passage_) passage_->close();
}

Conversation::Reply PassedConversation::receive(ByteView bytes) {
  if (!passage_ || !problem_.empty()) return {};
  Reply heard = listen(bytes);
  Reply reply;
  reply.apart = std::move(heard.apart);
  if (!heard.misdirected.empty()) return stop(std::move(reply), heard.misdirected);
  if (heard.tunnel) return stop(std::move(reply), "the guest asks the host to be a proxy");
  if (heard.start_tls) return stop(std::move(reply), "the guest asks for STARTTLS");
  const std::size_t mine = heard.next ? std::min(heard.taken, bytes.size()) : bytes.size();
  reply.once_kept = [passage = passage_, said = std::string(as_text(bytes.first(mine)))] {
    passage->send(said);
  };
  if (heard.next) {
    reply.taken = mine;
    reply.next = std::make_unique<PassedConversation>(start_, std::move(passage_), std::move(heard.next));
  }
  return reply;
}

/// What the listener makes of it; with `taken` counted in `bytes`.
Conversation::Reply PassedConversation::listen(ByteView bytes) {
  if (listener_) return listener_->receive(bytes);
  Reply reply;
  if (names_http(bytes)) reply.misdirected = "HTTP that cannot be followed";
  if (hopeless_) return reply;
  unrecognised_ += as_text(bytes);
  const Protocol* protocol = recognise(unrecognised_, hopeless_);
  if (protocol == nullptr && hopeless_) protocol = speaks_first_on(start_.server.port, start_.secured);
  if (protocol == nullptr) {
    if (!hopeless_) reply.misdirected.clear();  // it may still become some that can
    return reply;
  }
  return begin_to_listen(*protocol, bytes);
}

Conversation::Reply PassedConversation::begin_to_listen(const Protocol& protocol, ByteView bytes) {
  Reply reply;
  if (std::find(kNotFollowed.begin(), kNotFollowed.end(), protocol.name) != kNotFollowed.end()) {
    reply.misdirected = std::string(protocol.name) + " is not passed through";
    return reply;
  }
  listener_ = protocol.start(start_);
  const std::string all = std::exchange(unrecognised_, {});
  reply = listener_->receive(as_bytes(all));
  const std::size_t earlier = all.size() - bytes.size();
  if (reply.taken != Reply::kAll) reply.taken -= std::min(earlier, reply.taken);
  return reply;
}

// A server may take for a request what is none by the letter, and then for another host.
bool PassedConversation::names_http(ByteView bytes) {
  constexpr std::string_view kName = "HTTP/";
  if (named_http_ || looked_at_ > kFirstBytes) return named_http_;
  looked_at_ += bytes.size();
  last_seen_ += as_text(bytes);
  named_http_ = last_seen_.find(kName) != std::string::npos;
  last_seen_.erase(0, last_seen_.size() - std::min(last_seen_.size(), kName.size() - 1));
  return named_http_;
}

Conversation::Reply PassedConversation::stop(Reply reply, const std::string& why) {
  problem_ = "not passed on to " + passage_->host().text() + ": " + why;
  passage_->close();
  reply.close = true;
  return reply;
}

Conversation::Reply PassedConversation::ended() {
  if (listener_) static_cast<void>(listener_->ended());
  if (passage_) passage_->end();
  return {};
}

std::optional<std::int64_t> PassedConversation::due() const {
  if (passage_ && problem_.empty() && passage_->has_news()) return 0;
  return std::nullopt;
}

Conversation::Reply PassedConversation::speak() {
  Reply reply;
  if (!passage_) return reply;
  reply.bytes = passage_->take(kSaidPerTurn);
  reply.close = passage_->over();
  return reply;
}

std::string PassedConversation::over(const std::string& how) {
  end_passage();
  return listener_ ? listener_->over(how) : std::string();
}

void PassedConversation::end_passage() {
  if (!passage_) return;
  passage_->close();
  account_ = passage_->account();
  if (problem_.empty()) problem_ = passage_->problem();
  account_["problem"] = printable(problem_, 400);
  account_["stream"] = start_.stream();
  start_.services.reporter.report(event::kPassage, account_);
  passage_.reset();
}

std::string PassedConversation::protocol() const { return listener_ ? listener_->protocol() : std::string(); }

std::string PassedConversation::detail() const {
  if (!problem_.empty()) return problem_;
  return listener_ ? listener_->detail() : std::string();
}

Json PassedConversation::more() const {
  Json members = listener_ ? listener_->more() : Json::object();
  members["passed_to"] = start_.route.passed_to.text();
  return members;
}

std::unique_ptr<Conversation> pass_through(const Start& start, const NamedHost& host,
                                           const std::string& alpn) {
  RelayClient& relay = *start.services.relay;
  auto tls = start.secured ? std::make_unique<TlsClient>(relay.trust(), host.host, alpn) : nullptr;
  const auto passage = std::make_shared<Passage>(relay, host, std::move(tls));
  passage->open(start.wake);
  Start passed = start;
  passed.route.passed_to = host;
  return std::make_unique<PassedConversation>(passed, passage);
}

}  // namespace candor::internet
