// SPDX-License-Identifier: Apache-2.0
//
// What the collector's tests share: a collector on a real socket and a real file in a folder of its own, and
// a probe made of nothing but a ZeroMQ socket, which may say whatever it likes.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "candor/probe.h"
#include "collect/collector.h"
#include "collect/protocol.h"
#include "collect/store.h"

namespace candor::collect {

using namespace std::chrono_literals;

inline Deadline in(std::chrono::milliseconds span) { return std::chrono::steady_clock::now() + span; }

/// Looks again until `condition` holds; false after ten seconds.
inline bool eventually(const std::function<bool()>& condition) {
  const Deadline end = in(10s);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

inline std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

class Rig : public ::testing::Test {
 protected:
  Settings settings() {
    Settings made{folder_.path(), folder_.path() / "s", "run-1"};
    made.heartbeat = 100ms;
    return made;
  }
  void start(Settings given) {
    collector_ = std::make_unique<Collector>(io_.get_executor(), std::move(given), [this](Problem problem) {
      problems_.push_back(std::move(problem));
    });
  }
  void start() { start(settings()); }

  /// Runs a coroutine to its end on the executor, and returns what it returned or throws what it threw.
  template <typename T>
  T run(asio::awaitable<T> work) {
    auto result = asio::co_spawn(io_, std::move(work), asio::use_future);
    io_.restart();
    while (result.wait_for(0s) != std::future_status::ready) io_.run_one_for(100ms);
    return result.get();
  }

  model::ProbeAccount account(const std::string& name) {
    const std::vector<std::string> names{name};
    return collector_->accounts(names).at(0);
  }

  std::vector<model::Event> stored(const std::string& probe) {
    std::vector<model::Event> events = read_events(folder_.path() / kStoreFile);
    std::erase_if(events, [&](const model::Event& event) { return event.probe != probe; });
    return events;
  }

  TempDir folder_{"/tmp", "collect-test-"};
  asio::io_context io_;
  std::vector<Problem> problems_;
  std::unique_ptr<Collector> collector_;
};

class RawProbe {
 public:
  explicit RawProbe(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.connect(endpoint);
  }

  static Json hello_body(const std::string& name, const std::string& instance) {
    return {{"proto_min", 1},
            {"proto_max", 1},
            {"name", name},
            {"version", "1"},
            {"instance", instance},
            {"encodings", {"json"}},
            {"event_types", {"test.event/1"}},
            {"clocks", {{"wall_ns", 1}, {"mono_ns", 1}}}};
  }
  static Json event_body(std::int64_t seq) {
    return {{"seq", seq}, {"type", "test.event/1"}, {"wall_ns", 10}, {"mono_ns", 20}, {"data", {{"n", seq}}}};
  }

  void send_frames(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto flags = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
      socket_.send(zmq::buffer(frames[i]), flags);
    }
  }
  void send(const std::string& type, const Json& body) { send_frames({type, dump_json(body)}); }
  void event(std::int64_t seq) { send("EVENT", event_body(seq)); }
  void ping(std::int64_t last_seq, std::int64_t dropped = 0) {
    send("PING", {{"sent_ns", 5}, {"last_seq", last_seq}, {"queued", 0}, {"dropped", dropped}});
  }
  void fin(std::int64_t last_seq, std::int64_t dropped = 0) {
    send("FIN", {{"last_seq", last_seq}, {"dropped", dropped}});
  }
  /// HELLO and the WELCOME that answers it; null if none comes.
  Json hello(const std::string& name, const std::string& instance = make_instance()) {
    send("HELLO", hello_body(name, instance));
    return expect("WELCOME");
  }

  /// The next message; nothing after `patience`.
  std::optional<std::pair<std::string, Json>> receive(std::chrono::milliseconds patience) {
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
    zmq::message_t type;
    zmq::message_t body;
    if (!socket_.recv(type)) return std::nullopt;
    if (!socket_.recv(body)) return std::nullopt;
    return std::pair{type.to_string(), parse_json(body.to_string_view())};
  }
  /// The body of the next message of `type`, others left aside; null after five seconds.
  Json expect(const std::string& type) {
    const Deadline end = in(5s);
    while (std::chrono::steady_clock::now() < end) {
      const auto message = receive(100ms);
      if (message && message->first == type) return message->second;
    }
    return nullptr;
  }
  /// The code of the next REJECT; empty if none comes.
  std::string rejection() {
    const Json body = expect("REJECT");
    return body.is_null() ? "" : string_member(body, "code");
  }
  /// Waits until everything up to `seq` is acknowledged.
  bool acknowledged(std::int64_t seq) {
    const Deadline end = in(5s);
    while (std::chrono::steady_clock::now() < end) {
      const Json body = expect("ACK");
      if (!body.is_null() && int_member(body, "seq") >= seq) return true;
    }
    return false;
  }
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

}  // namespace candor::collect
