// SPDX-License-Identifier: Apache-2.0
//
// Passes connections from the sealed side through to hosts of the real world: those that are named, no
// others. Runs outside the compartment; owns every socket that leads out. What the sealed side asks is
// bounded, validated, and answered with a socket or a sentence. One thread, the io_context's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "base/named_host.h"
#include "relay/connection.h"
#include "relay/message.h"

namespace candor::relay {

namespace asio = boost::asio;

struct Limits {
  std::size_t connections = 256;              ///< At once, with those being made.
  std::chrono::milliseconds connect{10'000};  ///< For looking a host up and connecting to it.
  std::uint64_t receivable = 4ULL << 30;      ///< Bytes hosts may send, all together.
  std::uint64_t refusals = 100;               ///< Reported one by one; the rest is counted.
};

class Relay {
 public:
  using Report = std::function<void(const std::string& type, Json data)>;

  /// `control` is this side's end of the socket pair.
  Relay(asio::any_io_executor executor, UniqueFd control, std::vector<NamedHost> allowed, Report report,
        Limits limits = {});
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void start();
  /// Takes no more requests, ends all connections; all is reported when this returns.
  [[nodiscard]] asio::awaitable<void> finish();
  /// {connections, refused, sent, received}.
  [[nodiscard]] Json totals() const;

 private:
  struct Asked {
    Request request;
    std::int64_t connection = 0;
  };

  [[nodiscard]] asio::awaitable<void> serve();
  [[nodiscard]] asio::awaitable<void> take(const std::string& message);
  [[nodiscard]] asio::awaitable<void> refuse(Answer answer, const Request& request);
  [[nodiscard]] asio::awaitable<void> answer(Answer answer);
  [[nodiscard]] asio::awaitable<void> pass(Asked asked);
  [[nodiscard]] asio::awaitable<void> carry(const Asked& asked, asio::ip::tcp::socket host);
  /// `problem` is "" once the socket is connected.
  [[nodiscard]] asio::awaitable<void> connect(const Request& request, asio::ip::tcp::socket& socket,
                                              std::string& problem);
  [[nodiscard]] asio::awaitable<void> until_stopped();
  void report_end(const Asked& asked, const std::string& address, const Connection* connection,
                  const std::string& problem);

  asio::any_io_executor executor_;
  asio::posix::stream_descriptor control_;
  std::vector<NamedHost> allowed_;
  Report report_;
  Limits limits_;
  std::set<Connection*> connections_;  // each owned by its pass()
  std::size_t open_ = 0;               // pass() that have not ended
  std::int64_t last_connection_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  asio::steady_timer stopping_;  // never expires; cancelled when it is time to stop
  asio::steady_timer all_ended_;
  bool finishing_ = false;
};

}  // namespace candor::relay
