// SPDX-License-Identifier: Apache-2.0
//
// What the parts of a session's implementation share.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "run/session.h"

namespace candor::run {

/// So long from now.
inline collect::Deadline in(std::chrono::nanoseconds time) {
  using std::chrono::steady_clock;
  return steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(time);
}

/// What the watching coroutine and the session share.
struct Session::Watch {
  explicit Watch(const asio::any_io_executor& executor) : timer(executor) {}

  void break_with(const std::string& why) {
    if (broken.empty()) broken = why;
    timer.cancel();
  }

  std::string broken;
  std::vector<std::string> losses;
  std::map<std::string, std::string> probe_problems;
  bool ending = false;       ///< Ends of children are expected from now on.
  asio::steady_timer timer;  ///< What pause() waits on.
};

}  // namespace candor::run
