// SPDX-License-Identifier: Apache-2.0
//
// A value one thread hands to a coroutine on another, once, before a deadline. set() may be called from any
// thread; everything else happens on the executor, so the value needs no lock. The hub keeps weak pointers: a
// coroutine that stopped waiting takes its Reply with it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace candor::collect {

namespace asio = boost::asio;

template <typename Value>
class Reply : public std::enable_shared_from_this<Reply<Value>> {
 public:
  Reply(const asio::any_io_executor& executor, std::chrono::steady_clock::time_point deadline)
      : executor_(executor), timer_(executor, deadline) {}

  /// The first value counts. Any thread.
  void set(Value value) {
    asio::post(executor_, [self = this->shared_from_this(), kept = std::move(value)]() mutable {
      if (self->value_) return;
      self->value_ = std::move(kept);
      self->timer_.cancel();
    });
  }

  /// The value; nothing after the deadline.
  asio::awaitable<std::optional<Value>> wait() {
    const auto self = this->shared_from_this();
    if (!value_) {
      boost::system::error_code ended;  // by cancel() or by time: value_ tells which
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    }
    co_return std::move(value_);
  }

 private:
  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  std::optional<Value> value_;
};

}  // namespace candor::collect
