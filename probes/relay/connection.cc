// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace candor::relay {

namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Local = asio::local::stream_protocol::socket;

constexpr std::size_t kPiece = 32U << 10;

/// Whatever has no end of its own by then will not come: the sealed side is gone, or has said all.
std::string broken(const error_code& error) {
  return error == asio::error::connection_reset || error == asio::error::broken_pipe ? "reset" : "error";
}

}  // namespace

Connection::Connection(tcp::socket host, Local inside, std::uint64_t& receivable)
    : host_(std::move(host)), inside_(std::move(inside)), receivable_(receivable) {}

asio::awaitable<void> Connection::run() {
  using namespace asio::experimental::awaitable_operators;
  co_await (send_all() && receive_all());
  end("eof");
}

void Connection::stop() { end("stopped"); }

void Connection::end(const std::string& how, const std::string& detail) {
  if (ended_.empty()) {
    ended_ = how;
    detail_ = detail;
  }
  error_code gone_already;
  host_.close(gone_already);
  inside_.close(gone_already);
}

asio::awaitable<void> Connection::send_all() {
  std::array<char, kPiece> piece;  // NOLINT: filled by reading
  while (ended_.empty()) {
    error_code error;
    const std::size_t size = co_await inside_.async_read_some(
        asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::eof) {
      host_.shutdown(tcp::socket::shutdown_send, error);
      co_return;
    }
    if (error) co_return end("eof");  // the sealed side closed it with bytes unread
    std::size_t left = size;
    while (left > 0 && !error) {
      const std::size_t taken = co_await host_.async_write_some(
          asio::buffer(piece.data() + (size - left), left), asio::redirect_error(asio::use_awaitable, error));
      left -= taken;
      sent_ += taken;
    }
    if (error) co_return end(broken(error), error.message());
  }
}

asio::awaitable<void> Connection::receive_all() {
  std::array<char, kPiece> piece;  // NOLINT: filled by reading
  while (ended_.empty()) {
    error_code error;
    const std::size_t size =
        co_await host_.async_read_some(asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::eof) {
      inside_.shutdown(Local::shutdown_send, error);
      co_return;
    }
    if (error) co_return end(broken(error), error.message());
    received_ += size;
    if (size > receivable_) co_return end("limit", "hosts sent more than all of them together may");
    receivable_ -= size;
    co_await asio::async_write(inside_, asio::buffer(piece.data(), size),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return end("eof");
  }
}

}  // namespace candor::relay
