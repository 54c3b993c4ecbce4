// SPDX-License-Identifier: Apache-2.0
#include "internet/tcp_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace candor::internet {

namespace {

using boost::system::error_code;

constexpr int kReadsPerTurn = 16;                  // then other connections get theirs
constexpr std::size_t kOutputPerTurn = 64U << 10;  // then the peer must take some

constexpr const char* kNoAnswerTaken = "the peer took no answer";

}  // namespace

TcpConnection::TcpConnection(Services& services, tcp::socket socket, const Route& route, Expected expected)
    : services_(services),
      socket_(std::move(socket)),
      due_(socket_.get_executor()),
      session_({services, route, route.destination, false, [this] { wake(); }}, std::move(expected)) {
  socket_.non_blocking(true);
}

// What has arrived is read before anything is said for want of it.
asio::awaitable<void> TcpConnection::run() {
  while (ended_.empty() && stop_deadline_ == 0) {
    const bool more = read_available();
    if (ended_.empty() && (!more || woken_)) {
      woken_ = false;
      session_.speak(monotonic_ns());
      take_output();
    }
    co_await flush();
    if (ended_.empty() && stop_deadline_ == 0 && !more) co_await wait_for_more();
  }
  if (ended_.empty()) co_await read_the_rest();
  report();
}

void TcpConnection::check_idle(std::int64_t now) {
  if (!ended_.empty() && write_waiting_since_ == 0) return;
  const Limits& limits = services_.limits;
  if (write_waiting_since_ != 0) {
    // Nothing is read meanwhile, so silence means nothing here.
    if (now - write_waiting_since_ <= limits.answer_stall.count()) return;
    write_problem_ = kNoAnswerTaken;
  } else if (half_closed_ && half_closed_at_ >= last_activity_) {
    if (now - half_closed_at_ <= limits.linger.count()) return;
    finish("idle");
  } else if (peer_ended_) {
    if (now - last_activity_ <= limits.linger.count()) return;
    end_of_peer();  // whoever was to answer it does not
  } else {
    if (now - last_activity_ <= limits.tcp_idle.count()) return;
    if (half_closed_) finish("idle");
    session_.close();
    take_output();
  }
  rouse();
}

void TcpConnection::stop(std::int64_t deadline) {
  stop_deadline_ = deadline;
  rouse();
}

void TcpConnection::make_room() {
  finish("idle", "ended to make room for another connection");
  rouse();
}

void TcpConnection::wake() {
  woken_ = true;
  rouse();
}

void TcpConnection::rouse() {
  socket_.cancel();
  due_.cancel();
}

// Whether more may be waiting to be read.
bool TcpConnection::read_available() {
  const bool stopping = stop_deadline_ != 0;
  if (peer_ended_) {
    if (stopping || !session_.answering()) end_of_peer();
    return false;
  }
  for (int i = 0; i < kReadsPerTurn && ended_.empty() && output_.size() < kOutputPerTurn; ++i) {
    // What one that is full has not read waits in the socket; in the end all is read, and kept.
    if (session_.full() && !stopping) return false;
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(services_.scratch), error);
    if (error == asio::error::would_block) return false;
    if (error == asio::error::eof) {
      peer_ended_ = true;
      session_.ended();
      take_output();
      if (stopping || !session_.answering()) end_of_peer();
      return false;
    } else if (error == asio::error::connection_reset) {
      finish("reset");
    } else if (error) {
      finish("error", error.message());
    } else {
      services_.heard(size);
      last_activity_ = services_.totals.last_activity_ns;
      session_.receive(ByteView(services_.scratch).first(size));
      take_output();
      if (session_.failed()) finish("error");
    }
  }
  return true;
}

void TcpConnection::end_of_peer() {
  // A reset that writing met first looks like an end to reading.
  const bool reset = !write_problem_.empty() && write_problem_ != kNoAnswerTaken;
  finish(reset ? "reset" : "eof", write_problem_);
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

void TcpConnection::take_output() {
  output_ += session_.take_output();
  closing_ = closing_ || session_.closing();
}

asio::awaitable<void> TcpConnection::flush() {
  if (half_closed_) output_.clear();
  while (!output_.empty() && write_problem_.empty() && stop_deadline_ == 0) {
    error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(output_), error);
    output_.erase(0, sent);
    if (sent > 0) last_activity_ = monotonic_ns();
    if (error == asio::error::would_block) {
      if (!ended_.empty() && !peer_ended_) co_return;
      co_await wait_to_write();
    } else if (error) {
      write_problem_ = error.message();  // how the connection ended, reading tells
    }
  }
  if (!write_problem_.empty()) {
    output_.clear();
    session_.mute();
  }
  if (closing_ && output_.empty()) half_close();
}

asio::awaitable<void> TcpConnection::wait_to_write() {
  write_waiting_since_ = monotonic_ns();
  error_code cancelled;
  co_await socket_.async_wait(tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, cancelled));
  write_waiting_since_ = 0;
}

// For something to read, or for the time to say something.
asio::awaitable<void> TcpConnection::wait_for_more() {
  using namespace asio::experimental::awaitable_operators;
  if (woken_ || !ended_.empty()) co_return;
  error_code cancelled;
  auto readable = [&] {
    return socket_.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, cancelled));
  };
  const auto due = session_.due();
  if (session_.full() || peer_ended_) {
    // Nothing is to be read; wake() and check_idle() end this.
    if (due) {
      due_.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(*due - monotonic_ns(), 0)));
    } else {
      due_.expires_at(std::chrono::steady_clock::time_point::max());
    }
    co_await due_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return;
  }
  if (!due) {
    co_await readable();
    co_return;
  }
  const std::int64_t left = std::max<std::int64_t>(*due - monotonic_ns(), 0);
  due_.expires_after(std::chrono::nanoseconds(left));
  error_code expired;
  co_await (readable() || due_.async_wait(asio::redirect_error(asio::use_awaitable, expired)));
}

void TcpConnection::half_close() {
  if (half_closed_) return;
  error_code gone_already;
  socket_.shutdown(tcp::socket::shutdown_send, gone_already);
  half_closed_ = true;
  half_closed_at_ = monotonic_ns();
  session_.mute();
}

void TcpConnection::finish(const std::string& ended, const std::string& detail) {
  if (!ended_.empty()) return;
  ended_ = ended;
  detail_ = detail;
}

void TcpConnection::report() {
  session_.finish(ended_, detail_);
  error_code gone_already;
  socket_.close(gone_already);
}

}  // namespace candor::internet
