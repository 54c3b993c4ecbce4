// SPDX-License-Identifier: Apache-2.0
#include "relay/relay.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>
#include <variant>

#include "base/error.h"
#include "relay/event_types.h"
#include "relay/name_lookup.h"

namespace candor::relay {

namespace {

using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr auto kEndGrace = std::chrono::seconds(5);

void spawn(const asio::any_io_executor& executor, asio::awaitable<void> work) {
  asio::co_spawn(executor, std::move(work), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

Json place_of(const Request& request) { return {{"host", printable(request.host)}, {"port", request.port}}; }

}  // namespace

Relay::Relay(asio::any_io_executor executor, UniqueFd control, std::vector<NamedHost> allowed, Report report,
             Limits limits)
    : executor_(executor),
      control_(executor, control.release()),
      allowed_(std::move(allowed)),
      report_(std::move(report)),
      limits_(limits),
      stopping_(executor, steady_clock::time_point::max()),
      all_ended_(executor) {}

void Relay::start() {
  Json allowed = Json::array();
  for (const NamedHost& host : allowed_) allowed.push_back(host.text());
  report_(event::kReady, {{"allowed", allowed}});
  spawn(executor_, serve());
}

// One request after the other: who does not take the answers is asked no further.
asio::awaitable<void> Relay::serve() {
  std::string message;
  error_code over;
  while (!finishing_ && !over) {
    const Received received = receive(control_.native_handle(), message);
    if (received == Received::end)
      co_return;  // who might still write into open connections has their sockets
    if (received == Received::message) {
      co_await take(message);
    } else {
      co_await control_.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, over));
    }
  }
}

asio::awaitable<void> Relay::take(const std::string& message) {
  Request request;
  std::string wrong;
  try {
    request = parse_request(as_bytes(message));
    request.host = plain_host_name(request.host);
  } catch (const Error& error) {
    wrong = std::string("no request: ") + error.what();
  }
  if (wrong.empty() && !names_host(allowed_, request.host, request.port))
    wrong = NamedHost{printable(request.host), request.port}.text() +
            " is not among the hosts that are passed through";
  if (wrong.empty() && open_ >= limits_.connections)
    wrong = "there are " + std::to_string(open_) + " connections already";
  if (!wrong.empty()) {
    Answer refusal{.id = request.id, .refused = wrong};
    co_await refuse(std::move(refusal), request);
    co_return;
  }
  ++open_;
  Asked asked{request, ++last_connection_};
  spawn(executor_, pass(std::move(asked)));
}

asio::awaitable<void> Relay::refuse(Answer refusal, const Request& request) {
  if (++refused_ <= limits_.refusals) {
    Json data = place_of(request);
    data["sentence"] = refusal.refused;
    report_(event::kRefused, std::move(data));
  }
  co_await answer(std::move(refusal));
}

asio::awaitable<void> Relay::answer(Answer told) {
  const std::string text = to_text(told);
  error_code over;
  while (!finishing_ && !over && !send(control_.native_handle(), text, told.socket.get()))
    co_await control_.async_wait(asio::posix::stream_descriptor::wait_write,
                                 asio::redirect_error(asio::use_awaitable, over));
}

asio::awaitable<void> Relay::pass(Asked asked) {
  Json opened = place_of(asked.request);
  opened["connection"] = asked.connection;
  report_(event::kOpened, std::move(opened));
  tcp::socket host(executor_);
  std::string problem;
  co_await connect(asked.request, host, problem);
  if (problem.empty()) {
    co_await carry(asked, std::move(host));
  } else {
    report_end(asked, {}, nullptr, problem);
    Answer refusal{.id = asked.request.id, .refused = problem};
    co_await answer(std::move(refusal));
  }
  if (--open_ == 0) all_ended_.cancel();
}

asio::awaitable<void> Relay::carry(const Asked& asked, tcp::socket host) {
  error_code gone;
  const std::string address = host.remote_endpoint(gone).address().to_string();
  auto [ours, theirs] = socket_pair();
  asio::local::stream_protocol::socket inside(executor_, asio::local::stream_protocol(), ours.release());
  Connection connection(std::move(host), std::move(inside), limits_.receivable);
  connections_.insert(&connection);
  Answer connected{.id = asked.request.id, .address = address, .socket = std::move(theirs)};
  co_await answer(std::move(connected));
  if (finishing_) connection.stop();
  co_await connection.run();
  connections_.erase(&connection);
  report_end(asked, address, &connection, {});
}

asio::awaitable<void> Relay::until_stopped() {
  error_code stopped;
  if (!finishing_) co_await stopping_.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
}

asio::awaitable<void> Relay::connect(const Request& request, tcp::socket& socket, std::string& problem) {
  using namespace asio::experimental::awaitable_operators;
  const auto deadline = steady_clock::now() + limits_.connect;
  problem = "the run ended before " + request.host + " was reached";
  const auto looked_up = co_await (look_up(request.host, request.port, deadline) || until_stopped());
  if (looked_up.index() == 1) co_return;
  const Lookup& found = std::get<0>(looked_up);
  problem = found.problem;
  for (const tcp::endpoint& endpoint : found.endpoints) {
    const std::string to = "connecting to " + request.host + " (" + endpoint.address().to_string() + "): ";
    socket = tcp::socket(executor_);
    asio::steady_timer limit(executor_, deadline);
    error_code error;
    error_code expired;
    const auto first =
        co_await (socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error)) ||
                  limit.async_wait(asio::redirect_error(asio::use_awaitable, expired)) || until_stopped());
    problem = first.index() == 0 ? error ? to + error.message() : "" : to + "took too long";
    if (first.index() != 0 || problem.empty()) co_return;
  }
}

void Relay::report_end(const Asked& asked, const std::string& address, const Connection* connection,
                       const std::string& problem) {
  Json data = place_of(asked.request);
  data["connection"] = asked.connection;
  data["address"] = address;
  data["sent"] = connection != nullptr ? connection->sent() : 0;
  data["received"] = connection != nullptr ? connection->received() : 0;
  data["ended"] = connection != nullptr ? connection->ended() : "failed";
  data["detail"] = printable(connection != nullptr ? connection->detail() : problem, 400);
  if (connection != nullptr) {
    sent_ += connection->sent();
    received_ += connection->received();
  }
  report_(event::kClosed, std::move(data));
}

asio::awaitable<void> Relay::finish() {
  finishing_ = true;
  control_.cancel();
  stopping_.cancel();
  for (Connection* connection : connections_) connection->stop();
  all_ended_.expires_after(kEndGrace);
  error_code ended;
  if (open_ > 0) co_await all_ended_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
}

Json Relay::totals() const {
  return {{"connections", last_connection_}, {"refused", refused_}, {"sent", sent_}, {"received", received_}};
}

}  // namespace candor::relay
