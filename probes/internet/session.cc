// SPDX-License-Identifier: Apache-2.0
#include "internet/session.h"

#include <algorithm>
#include <utility>

#include "internet/passed_conversation.h"

namespace candor::internet {

namespace {

constexpr std::size_t kHandshakeBound = 256U << 10;  // a handshake of ours takes a few KiB
constexpr int kHandovers = 16;                       // in one session; nobody honest needs more than three
constexpr int kTunnels = 4;                          // one within the other

enum class FirstBytes { tls, other, too_few };

// A TLS record of type handshake: 0x16, version 3.0 to 3.4.
FirstBytes tell(std::string_view bytes) {
  if (bytes.empty()) return FirstBytes::too_few;
  if (bytes[0] != 0x16) return FirstBytes::other;
  if (bytes.size() > 1 && bytes[1] != 3) return FirstBytes::other;
  if (bytes.size() > 2) return bytes[2] >= 0 && bytes[2] <= 4 ? FirstBytes::tls : FirstBytes::other;
  return FirstBytes::too_few;
}

}  // namespace

Session::Session(const Start& start, Expected expected, int depth)
    : services_(start.services),
      route_(start.route),
      server_(start.server),
      wake_(start.wake),
      depth_(depth),
      record_(std::make_unique<StreamRecord>(services_, route_)),
      expected_(std::move(expected)) {
  if (depth_ > kTunnels) {
    phase_ = Phase::raw;
    raw_detail_ = "in a tunnel within " + std::to_string(kTunnels) + " others";
    return;
  }
  const std::int64_t now = monotonic_ns();
  if (expected_.start) {
    if (!expected_.within_tls) greeting_at_ = now;
  } else if (passed_host()) {
    // The host may be one that speaks first; where TLS is usual, it waits for that.
    const bool tls = server_.port == 443 || speaks_first_on(server_.port, true) != nullptr;
    if (!tls) greeting_at_ = now + services_.limits.silence.count();
  } else if (speaks_first_on(server_.port, false) != nullptr) {
    greeting_at_ = now + services_.limits.silence.count();
  } else if (speaks_first_on(server_.port, true) != nullptr) {
    greeting_at_ = now + services_.limits.tls_silence.count();
  }
}

// Receiving.

void Session::receive(ByteView bytes) {
  switch (phase_) {
    case Phase::first_bytes:
      record_->add_wire(bytes.size());
      receive_first(bytes);
      return;
    case Phase::plain:
      record_->add_wire(bytes.size());
      receive_content(bytes);
      return;
    case Phase::tls:
      record_->add_wire(bytes.size());
      receive_tls(bytes);
      return;
    case Phase::raw:
      record().add_wire(bytes.size());
      receive_raw(bytes);
      return;
  }
}

void Session::receive_first(ByteView bytes) {
  first_.append(as_text(bytes));
  const FirstBytes kind = tell(first_);
  if (kind == FirstBytes::too_few) return;
  const std::string all = std::exchange(first_, {});
  if (kind == FirstBytes::other) {
    phase_ = Phase::plain;
    ready_.reset();  // would have gone on within TLS
    receive_content(as_bytes(all));
    return;
  }
  phase_ = Phase::tls;
  // It greeted somebody who did not wait for that.
  if (conversation_) static_cast<void>(conversation_->over("eof"));
  conversation_.reset();
  greeting_at_.reset();
  tls_ = std::make_unique<TlsSession>(services_.tls, server_.address, route_.name);
  // What is said in HTTP/2 to a real host could not be followed.
  tls_->restrict_alpn([this](std::string_view protocol) { return protocol != "h2" || !passed_host(); });
  receive_tls(as_bytes(all));
}

void Session::receive_tls(ByteView bytes) {
  if (!shaken_) first_.append(as_text(bytes));
  const std::size_t behind = tls_->receive(bytes, [this](ByteView plaintext) {
    if (!shaken_) handshake_ended();
    heard_tls_ = true;
    receive_content(plaintext);
  });
  output_ += tls_->take_output();
  const bool ended = tls_->state() == TlsSession::State::closed || tls_->state() == TlsSession::State::failed;
  if (!tls_->handshake_done()) {
    if (ended) refuse_handshake(tls_->problem());
    if (!ended && first_.size() > kHandshakeBound) refuse_handshake("the handshake has no end");
    return;
  }
  if (!shaken_) handshake_ended();
  if (ended) end_tls(bytes.last(std::min(behind, bytes.size())));
}

void Session::receive_raw(ByteView bytes) { keep(bytes); }

void Session::handshake_ended() {
  shaken_ = true;
  first_ = {};
  output_ += tls_->take_output();
  keep_client_certificates();
  if (ready_) return begin(std::move(ready_));
  if (expected_.start) return begin(expected_.start(start()));
  if (const auto host = passed_host()) return begin(pass_through(start(), *host, tls_->alpn()));
  const Protocol* agreed = with_alpn(tls_->alpn());
  if (agreed != nullptr && !agreed->speaks_first.empty()) return begin(agreed->start(start()));
  if (speaks_first() != nullptr) greeting_at_ = monotonic_ns() + services_.limits.silence.count();
}

void Session::receive_content(ByteView bytes) {
  if (inner_) {
    pass_on(bytes);
  } else if (conversation_) {
    act(conversation_->receive(bytes), bytes);
  } else if (expected_.start) {
    begin_with(expected_.start(start()), bytes);
  } else if (const auto host = passed_host(); host && phase_ == Phase::plain) {
    begin_with(pass_through(start(), *host, {}), bytes);
  } else if (!hopeless_) {
    recognise_first(bytes);
  } else {
    keep(bytes);
  }
}

void Session::recognise_first(ByteView bytes) {
  unrecognised_.append(as_text(bytes));
  const Protocol* protocol = recognise(unrecognised_, hopeless_);
  // Where a server is expected to speak first, it answers whatever is said.
  if (protocol == nullptr && hopeless_) protocol = speaks_first();
  if (protocol != nullptr) return begin_with(protocol->start(start()), bytes);
  keep(bytes);
  if (hopeless_) unrecognised_ = {};
}

// With what was said and kept before, and `bytes`, which were not kept yet.
void Session::begin_with(std::unique_ptr<Conversation> conversation, ByteView bytes) {
  std::string all = std::exchange(unrecognised_, {});
  if (all.empty()) all = as_text(bytes);
  begin(std::move(conversation));
  if (!all.empty()) act(conversation_->receive(as_bytes(all)), as_bytes(all), all.size() - bytes.size());
}

void Session::pass_on(ByteView bytes) {
  record_->take_wire(bytes.size());  // the inner session's
  inner_->receive(bytes);
  take_from_tunnel();
}

void Session::take_from_tunnel() {
  say(inner_->take_output());
  failed_ = failed_ || inner_->failed();
  closing_ = closing_ || inner_->closing();
}

void Session::keep(ByteView bytes) {
  if (!bytes.empty() && !record().append(bytes)) failed_ = true;
}

void Session::ended() {
  if (inner_) {
    inner_->ended();
    take_from_tunnel();
  } else if (conversation_ && phase_ != Phase::raw) {
    act(conversation_->ended(), {});
  }
}

// Answering.

Start Session::start() const {
  return {services_,
          route_,
          server_,
          phase_ == Phase::tls,
          wake_,
          [this] { return record_ ? record_->number() : 0; },
          [this] { return tls_json(); }};
}

void Session::begin(std::unique_ptr<Conversation> conversation) {
  greeting_at_.reset();
  conversation_ = std::move(conversation);
  say(conversation_->greeting());
}

// `kept` of `bytes` are in the stream already.
void Session::act(Conversation::Reply reply, ByteView bytes, std::size_t kept) {
  const bool goes_on = !reply.close && (reply.next || reply.start_tls || reply.tunnel);
  const std::size_t mine = goes_on ? std::clamp(reply.taken, kept, bytes.size()) : bytes.size();
  if (reply.apart) {
    // What was kept before it was known what this is begins what is left.
    const ByteView left = as_bytes(reply.apart->left);
    keep(left.subspan(std::min(kept, left.size())));
    record().take_wire(reply.apart->elsewhere);
  } else {
    keep(bytes.subspan(kept, mine - kept));
  }
  if (reply.once_kept && !failed_) reply.once_kept();
  say(reply.bytes);
  if (reply.close) closing_ = true;
  if (goes_on) hand_over(reply, bytes.subspan(mine));
}

void Session::say(const std::string& bytes) {
  if (!answering_ || closing_ || bytes.empty()) return;
  if (tls_) {
    tls_->send(bytes);
    output_ += tls_->take_output();
  } else {
    output_ += bytes;
  }
}

void Session::hand_over(Conversation::Reply& reply, ByteView rest) {
  if (++handovers_ > kHandovers) {
    conversation_ = silence("handed over more often than is followed");
    keep(rest);
    return;
  }
  if (reply.tunnel) {
    begin_tunnel(*reply.tunnel);
    if (!rest.empty()) pass_on(rest);
    return;
  }
  auto next = std::make_unique<StreamRecord>(services_, route_);
  record_->take_wire(rest.size());
  next->add_wire(rest.size());
  end_record("eof", {}, next->number());
  record_ = std::move(next);
  conversation_.reset();
  if (reply.start_tls && !tls_) {
    phase_ = Phase::first_bytes;
    ready_ = std::move(reply.next);
    if (!rest.empty()) receive_first(rest);
    return;
  }
  if (reply.next) begin(std::move(reply.next));
  if (!rest.empty()) receive_content(rest);
}

void Session::begin_tunnel(const Conversation::Target& target) {
  Start inner = start();
  inner.secured = false;
  boost::system::error_code no_address;
  const auto address = asio::ip::make_address(target.host, no_address);
  // A name leads to its address here too, for those who ask for it later.
  inner.server = {no_address ? services_.names.addresses_of(target.host).v4 : address, target.port};
  inner.route.name = no_address ? target.host : services_.names.name_of(address);
  inner.route.tunnel = target.host + ':' + std::to_string(target.port);
  Expected expected = services_.expected.take(inner.server, route_.source.address);
  inner_ = std::make_unique<Session>(inner, std::move(expected), depth_ + 1);
  take_from_tunnel();
}

// The last name the guest gave decides, and the connection goes to no other host than that.
std::optional<NamedHost> Session::passed_host() const {
  if (!services_.relay) return std::nullopt;
  const bool asked = tls_ && !tls_->server_name().empty();
  const std::string name = asked                  ? tls_->server_name()
                           : !route_.name.empty() ? route_.name
                                                  : address_text(server_.address);
  NamedHost host{plain_host_name(name), server_.port};
  if (!services_.relay->admits(host.host, host.port)) return std::nullopt;
  return host;
}

const Protocol* Session::speaks_first() const {
  const Protocol* same = speaks_first_on(server_.port, phase_ == Phase::tls);
  return same != nullptr ? same : speaks_first_on(server_.port, phase_ != Phase::tls);
}

std::optional<std::int64_t> Session::due() const {
  if (!answering_ || closing_ || phase_ == Phase::raw) return {};
  if (inner_) return inner_->due();
  if (greeting_at_) return greeting_at_;
  return conversation_ ? conversation_->due() : std::nullopt;
}

void Session::speak(std::int64_t now) {
  const auto at = due();
  if (!at || *at > now) return;
  if (inner_) {
    inner_->speak(now);
    take_from_tunnel();
  } else if (!greeting_at_) {
    act(conversation_->speak(), {});
  } else if (!first_.empty()) {
    greeting_at_.reset();  // a handshake may have begun
  } else if (expected_.start) {
    begin(expected_.start(start()));
  } else if (const auto host = passed_host()) {
    begin(pass_through(start(), *host, {}));
  } else {
    begin_with(speaks_first()->start(start()), {});
  }
}

bool Session::full() const {
  if (closing_) return false;
  return inner_ ? inner_->full() : conversation_ && conversation_->full();
}

bool Session::answering() const {
  if (!answering_ || closing_) return false;
  return inner_ ? inner_->answering() : conversation_ && conversation_->answering();
}

std::string Session::take_output() {
  if (closing_ && !std::exchange(said_goodbye_, true)) {
    if (inner_) inner_->close();
    if (tls_) {
      tls_->close();
      output_ += tls_->take_output();
    }
  }
  return std::exchange(output_, {});
}

void Session::close() { closing_ = true; }

void Session::mute() {
  answering_ = false;
  if (inner_) inner_->mute();
}

// Ending.

// The raw bytes are all there is of such a client, so they become the stream, and what still follows too.
void Session::refuse_handshake(const std::string& why) {
  report_refusal(!tls_->alert().empty() ? tls_->alert() : why);
  raw_detail_ =
      "TLS handshake failed: " + (!tls_->alert().empty() ? tls_->alert() + " (from the client)" : why);
  phase_ = Phase::raw;
  const std::string raw = std::exchange(first_, {});
  receive_raw(as_bytes(raw));
  closing_ = true;
}

void Session::end_tls(ByteView behind) {
  if (tls_->state() == TlsSession::State::closed) {
    ended();
    record_->take_wire(behind.size());
    end_streams("eof", {});
  } else {
    record_->take_wire(behind.size());
    end_streams("error", "TLS broke: " + (!tls_->alert().empty() ? tls_->alert() + " (from the client)"
                                                                 : tls_->problem()));
  }
  closing_ = true;
  phase_ = Phase::raw;
  raw_detail_ = "behind the end of TLS";
  if (behind.empty()) return;
  record().add_wire(behind.size());
  receive_raw(behind);
}

void Session::report_refusal(const std::string& alert) {
  Json data = to_json(route_);
  data["stream"] = record_->number();
  data["server_name"] = printable(tls_->server_name());
  data["alert"] = printable(alert);
  services_.reporter.report(event::kTlsRefused, std::move(data));
}

// What a client shows of itself is sent as well, so it is kept, as a stream of its own.
void Session::keep_client_certificates() {
  const std::string shown = tls_->client_certificates();
  if (shown.empty()) return;
  StreamRecord certificates(services_, route_);
  record_->take_wire(shown.size());
  certificates.add_wire(shown.size());
  if (!certificates.append(as_bytes(shown))) failed_ = true;
  StreamEnd end{"eof", "the certificates the client showed", "x509", tls_json()};
  end.more = {{"framed_bytes", shown.size()}, {"content_bytes", shown.size()}};
  certificates.end(std::move(end));
}

void Session::finish(const std::string& how, const std::string& detail) {
  if (std::exchange(finished_, true)) return;
  if (phase_ == Phase::first_bytes && !first_.empty()) {
    const std::string few = std::exchange(first_, {});
    phase_ = Phase::plain;
    receive_content(as_bytes(few));
  }
  if (phase_ == Phase::tls && !tls_->handshake_done()) refuse_handshake(how + " within the handshake");
  std::string more = detail;
  if (phase_ == Phase::tls && detail.empty() && how == "eof") {
    more = tls_->mid_record() ? "TLS ended within a record" : "TLS ended without close_notify";
  }
  end_streams(how, more);
}

void Session::end_streams(const std::string& how, const std::string& detail) {
  if (inner_) {
    inner_->finish(how, detail);
    inner_.reset();
  }
  if (record_) end_record(how, detail);
}

void Session::end_record(const std::string& how, const std::string& detail, std::int64_t goes_on_in) {
  if (conversation_) {
    const std::string left = conversation_->over(how);
    keep(as_bytes(left));
  }
  const bool by_peer = how == "eof" || how == "reset" || how == "error";
  const bool silent = !heard_tls_ && !expected_.start && record_->problem().empty();
  if (phase_ == Phase::tls && by_peer && silent && !said_goodbye_) {
    // How clients behave that check the certificate only after the handshake.
    report_refusal(!tls_->alert().empty() ? tls_->alert() : "closed after the handshake without a byte");
  }
  StreamEnd end{how, detail, {}, tls_json()};
  if (phase_ == Phase::raw) {
    end.detail = raw_detail_;
  } else if (conversation_) {
    end.protocol = conversation_->protocol();
    end.more = conversation_->more();
    if (end.detail.empty()) end.detail = conversation_->detail();
  }
  if (goes_on_in != 0) end.more["goes_on_in"] = goes_on_in;
  record_->end(std::move(end));
  record_.reset();
}

Json Session::tls_json() const {
  if (phase_ != Phase::tls || !tls_->handshake_done()) return nullptr;
  Json json = {
      {"version", tls_->version()}, {"server_name", printable(tls_->server_name())}, {"alpn", tls_->alpn()}};
  const std::string client = tls_->client_subject();
  if (!client.empty()) json["client"] = printable(client, 1024);
  return json;
}

StreamRecord& Session::record() {
  if (!record_) record_ = std::make_unique<StreamRecord>(services_, route_);
  return *record_;
}

}  // namespace candor::internet
