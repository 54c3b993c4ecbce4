// SPDX-License-Identifier: Apache-2.0
#include "internet/passage.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "internet/spawn.h"

namespace candor::internet {

namespace {

using boost::system::error_code;

constexpr std::size_t kPiece = 32U << 10;
constexpr auto kNever = std::chrono::steady_clock::time_point::max();

}  // namespace

Passage::Passage(RelayClient& relay, NamedHost host, std::unique_ptr<TlsClient> tls)
    : relay_(relay),
      host_(std::move(host)),
      tls_(std::move(tls)),
      socket_(relay.executor()),
      to_write_(relay.executor(), kNever),
      room_(relay.executor(), kNever) {
  if (tls_) outgoing_ = tls_->take_output();
}

void Passage::open(std::function<void()> news) {
  news_ = std::move(news);
  number_ = relay_.connect(host_, [weak = weak_from_this()](relay::Answer answer) {
    if (const auto self = weak.lock()) self->connected(std::move(answer));
  });
}

void Passage::connected(relay::Answer answer) {
  if (closed_) return;
  if (!answer.refused.empty()) return finish(answer.refused);
  socket_.assign(asio::local::stream_protocol(), answer.socket.release());
  spawn(relay_.executor(), write_all(shared_from_this()));
  spawn(relay_.executor(), read_all(shared_from_this()));
}

void Passage::send(std::string_view bytes) {
  if (closed_ || over_ || ending_) return;
  if (held() > kMostGiven) return finish("the host takes less than is sent");
  sent_ += bytes.size();
  if (!tls_) {
    outgoing_ += bytes;
  } else if (secured_) {
    tls_->send(bytes);
  } else {
    before_ += bytes;
  }
  take_tls_output();
}

void Passage::end() {
  ending_ = true;
  if (secured_) tls_->close();
  take_tls_output();
}

std::string Passage::take(std::size_t most) {
  std::string taken = said_.substr(0, most);
  said_.erase(0, taken.size());
  room_.cancel();
  return taken;
}

void Passage::take_tls_output() {
  if (tls_) outgoing_ += tls_->take_output();
  to_write_.cancel();
}

asio::awaitable<void> Passage::write_all(std::shared_ptr<Passage> self) {
  error_code error;
  while (!self->closed_) {
    if (self->outgoing_.empty()) {
      const bool all_said = self->ending_ && (!self->tls_ || self->secured_);
      if (all_said) {
        self->socket_.shutdown(Socket::shutdown_send, error);
        co_return;
      }
      co_await self->to_write_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    const std::string piece = std::exchange(self->outgoing_, {});
    self->writing_ = piece.size();
    while (self->writing_ > 0) {
      const std::size_t done = piece.size() - self->writing_;
      const std::size_t taken =
          co_await self->socket_.async_write_some(asio::buffer(piece.data() + done, self->writing_),
                                                  asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;  // reading tells how it ended
      const bool was_full = self->full();
      self->writing_ -= taken;
      self->written_ += taken;
      if (was_full && !self->full()) self->tell();
    }
  }
}

asio::awaitable<void> Passage::read_all(std::shared_ptr<Passage> self) {
  std::array<std::uint8_t, kPiece> buffer;  // NOLINT: filled by reading
  error_code error;
  while (!self->closed_ && !self->over_) {
    if (self->said_.size() >= kMostHeld) {
      co_await self->room_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    const std::size_t size = co_await self->socket_.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (self->closed_) co_return;
    if (!error) {
      self->heard(ByteView(buffer).first(size));
    } else if (self->tls_ && !self->secured_) {
      self->finish("the host ended the connection within the TLS handshake");
    } else {
      self->finish(self->relay_.problem());
    }
  }
}

void Passage::heard(ByteView bytes) {
  read_ += bytes.size();
  const std::size_t before = said_.size();
  if (tls_) {
    tls_->receive(bytes, said_);
    if (!secured_ && tls_->state() != TlsClient::State::handshake &&
        tls_->state() != TlsClient::State::failed) {
      secured_ = true;
      tls_->send(std::exchange(before_, {}));
      if (ending_) tls_->close();
    }
    take_tls_output();
  } else {
    said_ += as_text(bytes);
  }
  received_ += said_.size() - before;
  if (tls_ && tls_->state() == TlsClient::State::failed)
    return finish("TLS with the host: " + tls_->problem());
  if (tls_ && tls_->state() == TlsClient::State::closed) return finish({});
  tell();
}

void Passage::finish(const std::string& problem) {
  over_ = true;
  if (problem_.empty()) problem_ = problem;
  tell();
}

void Passage::tell() {
  if (news_) news_();
}

void Passage::close() {
  if (std::exchange(closed_, true)) return;
  news_ = {};
  error_code gone_already;
  socket_.close(gone_already);
  to_write_.cancel();
  room_.cancel();
}

Json Passage::account() const {
  return {{"connection", number_},  {"host", host_.host}, {"port", host_.port},
          {"tls", tls_ != nullptr}, {"sent", sent_},      {"received", received_},
          {"written", written_},    {"read", read_},      {"problem", printable(problem_, 400)}};
}

}  // namespace candor::internet
