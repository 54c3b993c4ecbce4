// SPDX-License-Identifier: Apache-2.0
#include "internet/relay_client.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/error.h"
#include "internet/spawn.h"

namespace candor::internet {

/// What the waiting coroutine needs; `client` is null once that is gone.
struct RelayClient::Shared {
  Shared(const asio::any_io_executor& executor, UniqueFd control, RelayClient* owner)
      : socket(executor, control.release()), client(owner) {}
  asio::posix::stream_descriptor socket;
  RelayClient* client;
};

RelayClient::RelayClient(asio::any_io_executor executor, UniqueFd control, std::vector<NamedHost> allowed,
                         Trust trust)
    : executor_(executor),
      allowed_(std::move(allowed)),
      trust_(std::move(trust)),
      shared_(std::make_shared<Shared>(executor, std::move(control), this)) {
  spawn(executor_, listen(shared_));
}

RelayClient::~RelayClient() {
  shared_->client = nullptr;
  boost::system::error_code gone_already;
  shared_->socket.close(gone_already);
}

asio::awaitable<void> RelayClient::listen(std::shared_ptr<Shared> shared) {
  std::string message;
  boost::system::error_code over;
  while (shared->client != nullptr && !over) {
    UniqueFd with;
    const relay::Received received = relay::receive(shared->socket.native_handle(), message, with);
    if (received == relay::Received::end) co_return shared->client->fail("the relay is gone");
    if (received == relay::Received::message) {
      std::string wrong;
      try {
        shared->client->take(relay::parse_answer(as_bytes(message), std::move(with)));
      } catch (const Error& error) {
        wrong = error.what();
      }
      if (!wrong.empty() && shared->client != nullptr)
        co_return shared->client->fail("the relay's answer: " + wrong);
    } else {
      co_await shared->socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                         asio::redirect_error(asio::use_awaitable, over));
    }
  }
}

std::int64_t RelayClient::connect(const NamedHost& host, OnAnswer on_answer) {
  const std::int64_t id = ++last_;
  waiting_[id] = std::move(on_answer);
  std::string wrong = problem_;
  if (wrong.empty() && !admits(host.host, host.port)) wrong = host.text() + " is not passed through";
  if (wrong.empty() &&
      !relay::send(shared_->socket.native_handle(), to_text(relay::Request{id, host.host, host.port})))
    wrong = "the relay takes no more requests";
  if (!wrong.empty()) {
    asio::post(executor_, [shared = shared_, id, wrong] {
      if (shared->client != nullptr) shared->client->take({.id = id, .refused = wrong});
    });
  }
  return id;
}

void RelayClient::take(relay::Answer answer) {
  const auto asked = waiting_.find(answer.id);
  if (asked == waiting_.end()) return;
  const OnAnswer on_answer = std::move(asked->second);
  waiting_.erase(asked);
  on_answer(std::move(answer));
}

void RelayClient::fail(const std::string& why) {
  problem_ = why;
  while (!waiting_.empty()) take({.id = waiting_.begin()->first, .refused = why});
}

}  // namespace candor::internet
