// SPDX-License-Identifier: Apache-2.0
//
// The state of one probe and the thread that talks to the collector. The thread alone touches the socket and
// what belongs to the present connection; what it shares with the probe's own threads is `shared_`, under one
// mutex. A connection is given up, and a new one begun with HELLO, whenever the collector asks for it or is
// quiet for three heartbeats; only silence beyond its limit, or a rejection, is the end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "base/fd.h"
#include "candor/probe.h"
#include "sdk/backlog.h"
#include "sdk/wire_format.h"

namespace candor::probe {

class Session {
 public:
  Session(Settings settings, std::chrono::milliseconds timeout);
  ~Session();

  void report(const std::string& type, const Json& data, const std::optional<Piece>& piece);
  void report_blob(const std::string& type, const Json& data, const std::string& id, std::string_view bytes,
                   About about, bool last);
  void count_dropped(std::uint64_t events);
  [[nodiscard]] int command_fd() const { return command_fd_.get(); }
  [[nodiscard]] std::optional<Command> take_command();
  [[nodiscard]] std::optional<Command> wait_command(std::chrono::milliseconds timeout);
  void done(std::int64_t id, const std::string& error, const Json& result);
  [[nodiscard]] bool finish(std::chrono::milliseconds timeout);
  [[nodiscard]] bool lost();

 private:
  struct Shared {
    explicit Shared(std::size_t buffer) : backlog(buffer) {}
    Backlog backlog;
    std::int64_t dropped = 0;
    std::map<std::string, std::int64_t> blobs;                 // handed over so far, of those that go on
    std::deque<Command> commands;                              // for the probe
    std::deque<std::pair<std::int64_t, std::string>> answers;  // from the probe: DONE bodies by command id
    bool welcomed = false;
    bool fin_wanted = false;
    bool fin_acked = false;
    bool stopping = false;
    bool woken = false;   // the thread was woken and did not look yet
    std::string failure;  // why this is over; empty while it is not
  };

  // any thread
  void start(std::chrono::milliseconds timeout);
  void stop();
  void wake(Shared& shared);  // locked
  [[noreturn]] void throw_failure(const std::string& sentence) const;

  // the thread
  void run() noexcept;
  bool turn();
  void wait_for_work();
  void connect();
  void receive();
  void take(std::string_view type, std::string_view body);
  void take_fin_ack(const Json& body);
  void take_welcome(const Json& body);
  void take_ack(const Json& body);
  void take_reject(const Json& body);
  void take_command_message(const Json& body);
  void keep_time();
  void send_answers();
  void send_events();
  void send_fin();
  void send(const char* type, std::string_view body, const std::optional<std::string>& blob = {});
  void fail(const std::string& sentence);

  Settings settings_;
  std::string instance_;
  UniqueFd wake_fd_;
  UniqueFd command_fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Shared shared_;

  // the thread's own
  zmq::context_t context_{1};
  zmq::socket_t socket_;
  Welcome welcome_;             // of this connection …
  bool welcomed_here_ = false;  // … if it was welcomed
  std::int64_t sent_ = 0;       // number of the last event sent on this connection
  bool fin_sent_ = false;
  std::int64_t connected_ns_ = 0;
  std::int64_t heard_ns_ = 0;
  std::int64_t pinged_ns_ = 0;
  std::int64_t turned_ns_ = 0;
  std::int64_t last_command_ = 0;
  std::map<std::int64_t, std::string> answered_;  // the last DONE bodies, should a command come again

  std::thread thread_;
};

}  // namespace candor::probe
