// SPDX-License-Identifier: Apache-2.0
//
// Runs coroutines to their end in tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace candor::test {

namespace asio = boost::asio;

/// One thread's loop; run() drives it until its argument is done and rethrows what that threw.
class Loop {
 public:
  template <typename T>
  T run(asio::awaitable<T> work) {
    std::exception_ptr failure;
    std::optional<T> result;
    asio::co_spawn(io_, std::move(work), [&](std::exception_ptr error, T value) {
      failure = error;
      if (!error) result.emplace(std::move(value));
      io_.stop();
    });
    drive(failure);
    return std::move(*result);
  }
  void run(asio::awaitable<void> work) {
    std::exception_ptr failure;
    asio::co_spawn(io_, std::move(work), [&](std::exception_ptr error) {
      failure = error;
      io_.stop();
    });
    drive(failure);
  }
  [[nodiscard]] asio::any_io_executor executor() { return io_.get_executor(); }
  [[nodiscard]] asio::io_context& io() { return io_; }

 private:
  void drive(const std::exception_ptr& failure) {
    io_.restart();
    io_.run();
    if (failure) std::rethrow_exception(failure);
  }
  asio::io_context io_;
};

}  // namespace candor::test
