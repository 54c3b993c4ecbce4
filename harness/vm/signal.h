// SPDX-License-Identifier: Apache-2.0
//
// Lets coroutines of one thread sleep until something changed or a deadline passed. It carries no state:
// whoever wakes looks again at what it waits for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <set>

namespace candor::vm {

namespace asio = boost::asio;

using Deadline = std::chrono::steady_clock::time_point;

[[nodiscard]] inline Deadline deadline_in(std::chrono::milliseconds timeout) {
  return std::chrono::steady_clock::now() + timeout;
}
[[nodiscard]] inline bool passed(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

class Signal {
 public:
  explicit Signal(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Wakes all who wait.
  void notify() {
    for (asio::steady_timer* timer : waiting_) timer->cancel();
  }

  [[nodiscard]] asio::awaitable<void> wait(Deadline deadline) {
    asio::steady_timer timer(executor_, deadline);
    const Entry entry(waiting_, timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }

 private:
  /// Keeps the set right also when a waiting coroutine is destroyed.
  class Entry {
   public:
    Entry(std::set<asio::steady_timer*>& set, asio::steady_timer& timer) : set_(set), timer_(timer) {
      set_.insert(&timer_);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() { set_.erase(&timer_); }

   private:
    std::set<asio::steady_timer*>& set_;
    asio::steady_timer& timer_;
  };

  asio::any_io_executor executor_;
  std::set<asio::steady_timer*> waiting_;
};

}  // namespace candor::vm
