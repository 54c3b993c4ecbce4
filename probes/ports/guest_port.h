// SPDX-License-Identifier: Apache-2.0
//
// One port of a guest: asks the probe behind it to begin, keeps its clock beside the host's, and reports what
// it says to the collector under the probe's name. Knows whether all that was said came through.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "candor/probe.h"
#include "ports/guest_clock.h"
#include "ports/guest_line.h"

namespace candor::ports {

struct PortSettings {
  std::string collector;  ///< Endpoint.
  std::string name;       ///< Of the probe.
  Json wishes;            ///< What the probe is told to begin with: {"watch": [folders]}.
  /// After so much silence the verdict is told of it: an emulated guest may be busy for seconds.
  std::chrono::nanoseconds silence = std::chrono::seconds(20);
  std::chrono::nanoseconds finish_within = std::chrono::seconds(8);
  std::int64_t events_most = 2'000'000;  ///< Later ones are counted only.
};

class GuestPort {
 public:
  /// `fd`: the host's end, a stream.
  GuestPort(PortSettings settings, UniqueFd fd);
  GuestPort(const GuestPort&) = delete;
  GuestPort& operator=(const GuestPort&) = delete;
  ~GuestPort();

  /// Works until the collector has all, or is lost. Throws Error if it cannot go on.
  void run();

 private:
  void wait();
  void read_port();
  void take(const std::string& line);
  void take(const GuestHello& hello);
  void take(const GuestStarted& started);
  void take(const GuestPong& pong);
  void take(const GuestFin& fin);
  void take(GuestEvent event);
  void take_command();
  void keep_time();
  void ping();
  void say(const Json& line);
  void tell_clock();
  void count_missed(std::int64_t missed);
  void note(const std::string& problem);
  void end_if_done();

  PortSettings settings_;
  UniqueFd fd_;
  LineCutter lines_;
  GuestClock clock_;
  std::optional<ClockOffset> told_;
  std::unique_ptr<probe::Probe> probe_;
  std::optional<probe::Command> finish_;
  std::string problem_;
  bool started_ = false;  ///< The guest's probe works.
  bool ended_ = false;    ///< It said that it has ended.
  bool open_ = true;      ///< The port is.
  bool over_ = false;
  int exchanges_ = 0;  ///< Answered since it said hello.
  int bad_lines_ = 0;
  std::int64_t events_ = 0;  ///< That came since it said hello.
  std::int64_t all_events_ = 0;
  std::int64_t missed_told_ = 0;  ///< Of what it missed since then, already counted.
  std::int64_t pinged_ns_ = 0;
  std::int64_t heard_ns_ = 0;
  std::int64_t finish_ns_ = 0;
};

}  // namespace candor::ports
