// SPDX-License-Identifier: Apache-2.0
//
// The way to the real hosts that a scenario names: asks the relay, which is outside the compartment, for
// connections to them (relay/message.h). Only names on the list are asked for; the relay checks that again.
// One per process, one thread; outlives its passages.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/named_host.h"
#include "internet/tls_client.h"
#include "relay/message.h"

namespace candor::internet {

namespace asio = boost::asio;

class RelayClient {
 public:
  RelayClient(asio::any_io_executor executor, UniqueFd control, std::vector<NamedHost> allowed, Trust trust);
  RelayClient(const RelayClient&) = delete;
  RelayClient& operator=(const RelayClient&) = delete;
  ~RelayClient();

  /// `host` in plain_host_name's form.
  [[nodiscard]] bool admits(std::string_view host, std::uint16_t port) const {
    return names_host(allowed_, host, port);
  }
  [[nodiscard]] const Trust& trust() const { return trust_; }
  [[nodiscard]] const asio::any_io_executor& executor() const { return executor_; }

  using OnAnswer = std::function<void(relay::Answer answer)>;
  /// Asks for a connection; the answer comes later, once, if the client lives so long. Returns its number.
  std::int64_t connect(const NamedHost& host, OnAnswer on_answer);
  /// Why nothing more can be asked; or "".
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Shared;
  [[nodiscard]] static asio::awaitable<void> listen(std::shared_ptr<Shared> shared);
  void take(relay::Answer answer);
  void fail(const std::string& why);

  asio::any_io_executor executor_;
  std::vector<NamedHost> allowed_;
  Trust trust_;
  std::shared_ptr<Shared> shared_;  // with the coroutine that waits for answers
  std::map<std::int64_t, OnAnswer> waiting_;
  std::int64_t last_ = 0;
  std::string problem_;
};

}  // namespace candor::internet
