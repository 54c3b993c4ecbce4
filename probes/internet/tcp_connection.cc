// SPDX-License-Identifier: Apache-2.0
#include "internet/tcp_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace candor::internet {

namespace {

using boost::system::error_code;

constexpr int kReadsPerTurn = 16;                    // then other connections get theirs
constexpr std::size_t kOutputPerTurn = 64U << 10;    // then the peer must take some
constexpr std::size_t kHandshakeBound = 256U << 10;  // a handshake of ours takes a few KiB

constexpr const char* kNoAnswerTaken = "the peer took no answer";

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

TcpConnection::TcpConnection(Services& services, tcp::socket socket, Route route)
    : services_(services),
      socket_(std::move(socket)),
      route_(std::move(route)),
      conversation_(start_conversation(services, route_)),
      record_(std::make_unique<StreamRecord>(services, route_)) {
  socket_.non_blocking(true);
}

asio::awaitable<void> TcpConnection::run() {
  while (ended_.empty() && stop_deadline_ == 0) {
    const bool more = read_available();
    co_await flush();
    if (ended_.empty() && stop_deadline_ == 0 && !more) co_await wait_for(tcp::socket::wait_read);
  }
  if (ended_.empty()) co_await read_the_rest();
  report();
}

void TcpConnection::check_idle(std::int64_t now) {
  if (!ended_.empty()) return;
  const Limits& limits = services_.limits;
  if (write_waiting_since_ != 0) {
    // Nothing is read meanwhile, so silence means nothing here.
    if (now - write_waiting_since_ <= limits.answer_stall.count()) return;
    write_problem_ = kNoAnswerTaken;
  } else if (half_closed_ && half_closed_at_ >= last_activity_) {
    if (now - half_closed_at_ <= limits.linger.count()) return;
    finish("idle");
  } else {
    if (now - last_activity_ <= limits.tcp_idle.count()) return;
    if (half_closed_) finish("idle");
    closing_ = true;
  }
  socket_.cancel();
}

void TcpConnection::stop(std::int64_t deadline) {
  stop_deadline_ = deadline;
  socket_.cancel();
}

void TcpConnection::make_room() {
  finish("idle", "ended to make room for another connection");
  socket_.cancel();
}

// Whether more may be waiting to be read.
bool TcpConnection::read_available() {
  for (int i = 0; i < kReadsPerTurn && ended_.empty() && output_.size() < kOutputPerTurn; ++i) {
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(services_.scratch), error);
    if (error == asio::error::would_block) return false;
    if (error == asio::error::eof) {
      // A reset that writing met first looks like an end to reading.
      const bool reset = !write_problem_.empty() && write_problem_ != kNoAnswerTaken;
      finish(reset ? "reset" : "eof", write_problem_);
    } else if (error == asio::error::connection_reset) {
      finish("reset");
    } else if (error) {
      finish("error", error.message());
    } else {
      receive(ByteView(services_.scratch).first(size));
    }
  }
  return true;
}

// In turns with the other connections, so that one that never ceases to send starves none.
asio::awaitable<void> TcpConnection::read_the_rest() {
  output_.clear();
  bool more = read_available();
  while (more && ended_.empty() && monotonic_ns() < stop_deadline_) {
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    output_.clear();
    more = read_available();
  }
  finish("stopped", more ? "more was arriving" : "");
}

void TcpConnection::receive(ByteView bytes) {
  services_.heard(bytes.size());
  last_activity_ = services_.totals.last_activity_ns;
  switch (phase_) {
    case Phase::first_bytes:
      receive_first(bytes);
      return;
    case Phase::plain:
      record_->add_wire(bytes.size());
      receive_content(bytes);
      return;
    case Phase::tls:
      receive_tls(bytes);
      return;
    case Phase::raw:
      receive_raw(bytes);
      return;
  }
}

void TcpConnection::receive_first(ByteView bytes) {
  first_.append(as_text(bytes));
  const FirstBytes kind = tell(first_);
  if (kind == FirstBytes::too_few) return;
  const std::string all = std::exchange(first_, {});
  if (kind == FirstBytes::tls) {
    phase_ = Phase::tls;
    tls_ = std::make_unique<TlsSession>(services_.tls, route_.destination.address, route_.name);
    receive_tls(as_bytes(all));
    return;
  }
  phase_ = Phase::plain;
  record_->add_wire(all.size());
  receive_content(as_bytes(all));
}

void TcpConnection::receive_tls(ByteView bytes) {
  const bool in_handshake = !tls_->handshake_done();
  if (in_handshake) first_.append(as_text(bytes));
  const std::size_t behind = tls_->receive(bytes, [this](ByteView plaintext) { receive_content(plaintext); });
  output_ += tls_->take_output();
  const bool ended = tls_->state() == TlsSession::State::closed || tls_->state() == TlsSession::State::failed;
  if (!tls_->handshake_done()) {
    if (ended) refuse_handshake(tls_->problem());
    if (!ended && first_.size() > kHandshakeBound) refuse_handshake("the handshake has no end");
    return;
  }
  const std::size_t tail = std::min(behind, bytes.size());
  // The handshake's bytes were held back until it was known whose they are.
  record_->add_wire((in_handshake ? first_.size() : bytes.size()) - tail);
  if (in_handshake) first_ = {};
  if (ended) end_tls(bytes.last(tail));
}

void TcpConnection::receive_content(ByteView bytes) {
  keep(bytes);
  say(conversation_->receive(bytes));
}

void TcpConnection::receive_raw(ByteView bytes) {
  if (!record_) record_ = std::make_unique<StreamRecord>(services_, route_);
  record_->add_wire(bytes.size());
  keep(bytes);
}

void TcpConnection::keep(ByteView bytes) {
  if (!record_->append(bytes)) finish("error");
}

void TcpConnection::say(const Conversation::Reply& reply) {
  if (!answering_) return;
  if (tls_) {
    tls_->send(reply.bytes);
  } else {
    output_ += reply.bytes;
  }
  if (reply.close) {
    answering_ = false;
    closing_ = true;
  }
}

asio::awaitable<void> TcpConnection::flush() {
  if (half_closed_) output_.clear();
  if (closing_ && !half_closed_ && phase_ == Phase::tls) {
    tls_->close();
    output_ += tls_->take_output();
  }
  while (!output_.empty() && write_problem_.empty() && ended_.empty() && stop_deadline_ == 0) {
    error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(output_), error);
    output_.erase(0, sent);
    if (error == asio::error::would_block) {
      write_waiting_since_ = monotonic_ns();
      co_await wait_for(tcp::socket::wait_write);
      write_waiting_since_ = 0;
    } else if (error) {
      write_problem_ = error.message();  // how the connection ended, reading tells
    }
  }
  if (!write_problem_.empty()) {
    output_.clear();
    answering_ = false;
  }
  if (closing_ && output_.empty()) half_close();
}

asio::awaitable<void> TcpConnection::wait_for(tcp::socket::wait_type what) {
  error_code cancelled;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, cancelled));
}

void TcpConnection::half_close() {
  if (half_closed_) return;
  error_code gone_already;
  socket_.shutdown(tcp::socket::shutdown_send, gone_already);
  half_closed_ = true;
  half_closed_at_ = monotonic_ns();
  answering_ = false;
}

// The raw bytes are all there is of such a client, so they become the stream, and what still follows too.
void TcpConnection::refuse_handshake(const std::string& why) {
  report_refusal(!tls_->alert().empty() ? tls_->alert() : why);
  detail_ = "TLS handshake failed: " + (!tls_->alert().empty() ? tls_->alert() + " (from the client)" : why);
  phase_ = Phase::raw;
  const std::string raw = std::exchange(first_, {});
  receive_raw(as_bytes(raw));
  answering_ = false;
  closing_ = true;
}

void TcpConnection::end_tls(ByteView behind) {
  const bool orderly = tls_->state() == TlsSession::State::closed;
  if (ended_.empty()) {
    ended_ = orderly ? "eof" : "error";
    detail_ = orderly ? ""
                      : "TLS broke: " +
                            (!tls_->alert().empty() ? tls_->alert() + " (from the client)" : tls_->problem());
  }
  end_record();
  if (orderly) {
    tls_->close();
    output_ += tls_->take_output();
  }
  answering_ = false;
  closing_ = true;
  phase_ = Phase::raw;
  ended_.clear();
  detail_ = "behind the end of TLS";
  if (!behind.empty()) receive_raw(behind);
}

void TcpConnection::report_refusal(const std::string& alert) {
  Json data = to_json(route_);
  data["stream"] = record_->number();
  data["server_name"] = printable(tls_->server_name());
  data["alert"] = printable(alert);
  services_.reporter.report(event::kTlsRefused, std::move(data));
}

void TcpConnection::finish(const std::string& ended, const std::string& detail) {
  if (!ended_.empty()) return;
  ended_ = ended;
  if (detail_.empty()) detail_ = detail;
}

Json TcpConnection::tls_json() const {
  if (phase_ != Phase::tls || !tls_->handshake_done()) return nullptr;
  return {
      {"version", tls_->version()}, {"server_name", printable(tls_->server_name())}, {"alpn", tls_->alpn()}};
}

void TcpConnection::end_record() {
  const bool by_peer = ended_ == "eof" || ended_ == "reset" || ended_ == "error";
  if (phase_ == Phase::tls && by_peer && record_->bytes() == 0 && record_->problem().empty()) {
    // How clients behave that check the certificate only after the handshake.
    report_refusal(!tls_->alert().empty() ? tls_->alert() : "closed after the handshake without a byte");
  }
  StreamEnd end{ended_, detail_, {}, tls_json()};
  if (phase_ != Phase::raw) {
    end.protocol = conversation_->protocol();
    end.more = conversation_->more();
    if (end.detail.empty()) end.detail = conversation_->detail();
  }
  record_->end(std::move(end));
  record_.reset();
}

void TcpConnection::report() {
  error_code gone_already;
  if (phase_ == Phase::first_bytes && !first_.empty()) {
    const std::string few = std::exchange(first_, {});
    phase_ = Phase::plain;
    record_->add_wire(few.size());
    receive_content(as_bytes(few));
  }
  if (phase_ == Phase::tls && !tls_->handshake_done()) refuse_handshake(ended_ + " within the handshake");
  if (phase_ == Phase::tls && detail_.empty() && ended_ == "eof") {
    detail_ = tls_->mid_record() ? "TLS ended within a record" : "TLS ended without close_notify";
  }
  if (record_) end_record();
  socket_.close(gone_already);
}

}  // namespace candor::internet
