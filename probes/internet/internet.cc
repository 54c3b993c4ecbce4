// SPDX-License-Identifier: Apache-2.0
#include "internet/internet.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "internet/spawn.h"

namespace candor::internet {

namespace {

constexpr auto kTurn = std::chrono::milliseconds(500);
constexpr auto kEndGrace = std::chrono::seconds(5);

}  // namespace

Internet::Internet(asio::any_io_executor executor, Services& services, std::uint16_t port)
    : executor_(executor),
      services_(services),
      tcp_(executor, services, port),
      udp_(executor, services, port),
      echo_(executor),
      turn_(executor) {}

void Internet::start(std::function<void()> every_turn) {
  services_.reporter.report(event::kReady, {{"ca_pem", services_.tls.authority().pem()}});
  tcp_.start();
  udp_.start();
  echo_.start();
  spawn(executor_, keep_house(std::move(every_turn)));
}

asio::awaitable<void> Internet::keep_house(std::function<void()> every_turn) {
  while (!finished_) {
    turn_.expires_after(kTurn);
    boost::system::error_code cancelled;
    co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (finished_) co_return;
    tcp_.check_idle();
    udp_.check_idle();
    if (!services_.tls.key_log_problem().empty() && !std::exchange(key_log_reported_, true)) {
      services_.trouble("key log", services_.tls.key_log_problem());
    }
    if (every_turn) every_turn();
  }
}

asio::awaitable<void> Internet::finish() {
  const std::int64_t deadline = monotonic_ns() + services_.limits.stop.count();
  tcp_.stop(deadline);
  udp_.stop(deadline);
  echo_.stop();
  const bool ended =
      co_await tcp_.wait_empty(std::chrono::steady_clock::now() + services_.limits.stop + kEndGrace);
  if (!ended) {
    services_.reporter.dropped(tcp_.open());
    services_.trouble("streams not ended",
                      std::to_string(tcp_.open()) + " TCP streams could not be ended in time");
  }
  finished_ = true;
  turn_.cancel();
}

asio::awaitable<bool> Internet::drained(std::chrono::nanoseconds limit) {
  co_return co_await tcp_.wait_empty(std::chrono::steady_clock::now() + limit);
}

Json Internet::totals() const {
  const Totals& totals = services_.totals;
  return {{"streams", totals.streams},
          {"bytes", totals.bytes},
          {"wire_bytes", totals.wire_bytes},
          {"dns_queries", totals.dns_queries},
          {"datagrams", totals.datagrams},
          {"last_activity_ns", totals.last_activity_ns},
          {"open", tcp_.open()},
          {"udp_open", udp_.open()}};
}

}  // namespace candor::internet
